"""Bar-code scanners: frames, symbologies, and the driver that posts what was read."""
