"""Pure functions from the till's state to what a screen shows. No Qt here."""
