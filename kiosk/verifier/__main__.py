"""``python -m kiosk.verifier FILE``: the verifier without the rest of the program."""

import argparse
import sys

from kiosk.verifier.command import configure

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m kiosk.verifier")
    configure(parser)
    arguments = parser.parse_args()
    sys.exit(arguments.handler(arguments))
