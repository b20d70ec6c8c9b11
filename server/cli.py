"""The `block-diary` command."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from server.apply_retention import add_apply_retention
from server.config import Config, StartRefused, load
from server.domain.errors import DomainError
from server.export_clinic import add_export_clinic
from server.import_clinic import add_import_clinic
from server.push.command import add_remind
from server.staff_link import add_staff_link
from server.verify_audit import add_verify_audit

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
    try:
        code: int = arguments.run(arguments)
        return code
    except DomainError as error:
        print(one_line(str(error)), file=sys.stderr)
        return 2
    except StartRefused as refusal:
        print(f"block-diary: {one_line(str(refusal))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def add_run(subcommands: Subcommands) -> None:
    """`run`: a server on this machine, its database migrated first."""
    command = subcommands.add_parser("run", help="serve on this machine, to try or to develop")
    command.set_defaults(run=_run)


def add_serve(subcommands: Subcommands) -> None:
    """`serve`: the server of a clinic."""
    command = subcommands.add_parser("serve", help="serve a clinic; settings in the environment")
    command.set_defaults(run=_serve)


def add_create_clinic(subcommands: Subcommands) -> None:
    """`create-clinic`: a clinic and its first administrator."""
    command = subcommands.add_parser(
        "create-clinic", help="add a clinic and its first administrator"
    )
    command.add_argument("--name", required=True, help="as patients know it")
    command.add_argument("--telephone", required=True, help="what patients are told to call")
    command.add_argument("--timezone", required=True, help="an IANA name, such as Europe/London")
    command.add_argument("--email", required=True, help="what the administrator signs in with")
    command.set_defaults(run=_create_clinic)


def add_migrate(subcommands: Subcommands) -> None:
    """`migrate`: the tables of this version, before `serve`."""
    command = subcommands.add_parser("migrate", help="bring the database to the newest tables")
    command.set_defaults(run=_migrate)


def add_report(subcommands: Subcommands) -> None:
    """`report FILE`: the report of one diary."""
    command = subcommands.add_parser("report", help="print the report of one diary as JSON")
    command.add_argument("file", metavar="FILE.json", help="the diary, or - for standard input")
    command.set_defaults(run=_report)


def add_compare(subcommands: Subcommands) -> None:
    """`compare FIRST SECOND`: two blocks side by side."""
    command = subcommands.add_parser("compare", help="print how two blocks compare as JSON")
    command.add_argument("first", metavar="FIRST.json")
    command.add_argument("second", metavar="SECOND.json")
    command.set_defaults(run=_compare)


#: One function per subcommand: it adds the parser and sets `run`, which takes the arguments,
#: returns the exit code and imports what it needs, so that each command starts fast.
COMMANDS: tuple[Callable[[Subcommands], None], ...] = (
    add_run,
    add_serve,
    add_remind,
    add_migrate,
    add_create_clinic,
    add_staff_link,
    add_verify_audit,
    add_apply_retention,
    add_export_clinic,
    add_import_clinic,
    add_report,
    add_compare,
)


def _run(_: argparse.Namespace) -> int:
    from server.serve import serve

    serve(load(os.environ, default="development"), _prepare)
    return 0


def _prepare(config: Config) -> None:
    """The newest tables, and the demo where nobody's real data can be meant."""
    from server import demo
    from server.database import migrate

    migrate(config)
    if config.environment == "development":
        for line in demo.prepare(config, datetime.now(UTC)):
            print(line, flush=True)


def _serve(_: argparse.Namespace) -> int:
    from server.serve import serve

    serve(load(os.environ, default="production"))
    return 0


def _create_clinic(arguments: argparse.Namespace) -> int:
    from server.new_clinic import create_clinic

    config = load(os.environ, default="production")
    password = create_clinic(
        config,
        name=arguments.name,
        telephone=arguments.telephone,
        timezone=arguments.timezone,
        email=arguments.email,
        now=datetime.now(UTC),
    )
    print(f"Sign in at {config.public_url}/clinic/ as {arguments.email.strip().lower()}")
    print(f"Password, shown this once: {password}")
    return 0


def _migrate(_: argparse.Namespace) -> int:
    from server.database import migrate

    migrate(load(os.environ, default="production"))
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from server.domain.report import report
    from server.interchange.report_file import parse, report_json

    return _print_json(report_json(report(parse(read(arguments.file)))))


def _compare(arguments: argparse.Namespace) -> int:
    from server.domain.comparison import compare
    from server.domain.errors import Invalid
    from server.interchange.report_file import comparison_json, parse

    records = []
    for file in (arguments.first, arguments.second):
        try:
            records.append(parse(read(file)))
        except Invalid as error:
            raise Invalid(file, str(error)) from None
    return _print_json(comparison_json(compare(*records)))


def read(file: str) -> bytes:
    """The bytes of a file, `-` for standard input; of too long a file only enough to tell.

    :raises Invalid: it cannot be read
    """
    from server.domain.errors import Invalid
    from server.interchange.strict_json import MOST_BYTES

    try:
        if file == "-":
            if sys.stdin is None:
                raise ValueError("standard input is closed")
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(file).open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Invalid("", f"the file {file} cannot be read: {why}") from None


def one_line(message: str) -> str:
    """The message with everything that is not a visible character or a space escaped."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in message
    )


def _print_json(value: dict[str, Any]) -> int:
    """Write to standard output and return the exit code; letters as they are where it has them."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a terminal without these letters, or half a surrogate pair
        text = json.dumps(value, indent=2)
    try:
        print(text, flush=True)
    except OSError as error:
        # What is still unwritten must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # a reader that has seen enough is no fault
            print(f"standard output cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
