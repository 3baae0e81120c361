"""A stand-alone checker of journals: it imports nothing else of this program, so that it can disagree with it (CAI-17).

Written from ``docs/journal-format.md``; needs Python and ``cryptography`` only. ``python -m kiosk.verifier FILE`` runs it alone.
"""
