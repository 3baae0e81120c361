"""The terminal's append-only record on disk: implements ``kiosk.till.ports.JournalStore`` with the standard SQLite."""
