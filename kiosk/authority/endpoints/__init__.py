"""The resources of the terminals' interface, one file each: parse, call the service, answer."""
