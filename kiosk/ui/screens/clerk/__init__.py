"""The screens of the clerk."""
