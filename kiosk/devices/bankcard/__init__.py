"""Bank-card terminals. The manual one is a screen of the till and needs no device."""
