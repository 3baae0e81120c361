"""``make bench-authority``: what the authority does a second, beside what its database does alone in the same run."""
