"""Paying with a card: what merchants ask, the decisions, and the answers made from the rows that the decisions left."""
