"""Receipt printers: status, profiles, bytes, and the ladder that knows whether a receipt was printed."""
