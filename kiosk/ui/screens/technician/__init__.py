"""The widgets of the technician's one page."""
