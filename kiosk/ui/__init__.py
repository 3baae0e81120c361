"""The faces of a terminal: the only room that knows Qt. `presenters`, `intents`, `flow` and `desk` in it know none either."""
