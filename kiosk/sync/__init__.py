"""The terminal's half of the wire: identity, keys, requests, deliveries, downloads. No Qt, no state of the till."""
