"""What terminals, merchants and the authority say to each other: messages, their bytes, their signatures, their problems."""
