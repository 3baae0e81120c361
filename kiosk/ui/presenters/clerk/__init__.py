"""The presenters of the clerk's screens."""
