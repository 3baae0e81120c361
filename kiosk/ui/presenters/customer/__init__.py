"""The customer face as pure functions: what its three pages show, and what a touch means. No Qt, no till, no clock."""
