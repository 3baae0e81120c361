"""Till, self-service kiosk and authorization server for prepaid scratch cards. docs/architecture.md is the map of the rooms.

The package itself imports nothing: each half (terminal, authority) must start without the other's libraries.
"""
