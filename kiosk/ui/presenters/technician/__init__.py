"""The presenter of the technician's one page."""
