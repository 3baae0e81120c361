"""The till without screens: use cases, its state as a fold of the journal, and the ports through which it reaches the world."""
