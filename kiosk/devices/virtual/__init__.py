"""Virtual twins of the devices on pseudo-terminals: shipped, used by the workbench and the tests, able to misbehave on demand."""
