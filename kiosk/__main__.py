"""``python -m kiosk``: the same as the ``kiosk`` command; how one process of ours starts another."""

import sys

from kiosk.cli import main

if __name__ == "__main__":
    sys.exit(main())
