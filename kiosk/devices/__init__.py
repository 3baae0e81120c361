"""The things on wires: printer, drawer, scanner, display, bank-card terminal. No Qt; one thread owns each port."""
