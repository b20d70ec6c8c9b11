"""A real reminder process, as `block-diary remind` is, whose lease is short enough for a test."""

import argparse
import sys
from datetime import timedelta

from server.push import loop
from server.push.command import add_remind

if __name__ == "__main__":
    loop.LEASE = timedelta(seconds=float(sys.argv[1]))
    loop._LAST_SEND = loop.LEASE / 2
    parser = argparse.ArgumentParser()
    add_remind(parser.add_subparsers())
    arguments = parser.parse_args(["remind"])
    sys.exit(arguments.run(arguments))
