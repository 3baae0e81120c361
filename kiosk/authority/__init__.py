"""The central authorization server: cards, activations, the books, the terminals' interface. Knows nothing of tills or screens."""
