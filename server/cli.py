"""The `block-diary` command."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

Subcommands = Any  # what argparse's add_subparsers returns has no public name


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand, return its exit code; bad input is 2 and a line on standard error."""
    parser = argparse.ArgumentParser(
        prog="block-diary", description="A pain diary after a diagnostic facet joint block."
    )
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in COMMANDS:
        add(subcommands)
    arguments = parser.parse_args(argv)
    code: int = arguments.run(arguments)
    return code


def add_run(subcommands: Subcommands) -> None:
    """`run`: a server on this machine, ready at once."""
    command = subcommands.add_parser("run", help="serve on this machine, to try or to develop")
    command.set_defaults(run=_run)


def add_serve(subcommands: Subcommands) -> None:
    """`serve`: the server of a clinic."""
    command = subcommands.add_parser("serve", help="serve a clinic; settings in the environment")
    command.set_defaults(run=_serve)


#: One function per subcommand: it adds the parser and sets `run`, which takes the arguments,
#: returns the exit code and imports what it needs, so that each command starts fast.
COMMANDS: tuple[Callable[[Subcommands], None], ...] = (add_run, add_serve)


def _run(_: argparse.Namespace) -> int:
    from server.config import StartRefused, load
    from server.serve import serve

    try:
        serve(load(os.environ, default="development"))
    except StartRefused as refusal:
        return _refused(refusal)
    return 0


def _serve(_: argparse.Namespace) -> int:
    from server.config import StartRefused, load
    from server.serve import serve

    try:
        serve(load(os.environ, default="production"))
    except StartRefused as refusal:
        return _refused(refusal)
    return 0


def _refused(refusal: Exception) -> int:
    print(f"block-diary: {refusal}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
