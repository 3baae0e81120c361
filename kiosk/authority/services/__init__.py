"""What the authority does, one file a subject: pure of HTTP, sockets, threads and clocks, so that a simulator can call it."""
