"""Where the authority keeps what it knows: a narrow port, one adapter a database, and the only SQL of the authority."""
