"""Values and rules of the scheme: money, cards, series, activation, sales. No I/O, no clock, no randomness, no text for people."""
