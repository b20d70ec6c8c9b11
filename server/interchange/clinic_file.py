"""The file that holds everything of one clinic: a ZIP with a line of JSON for each row.

`manifest.json`, its last member, says what the file is and, of every other member, how long it is
and its SHA-256. Both ways in constant memory.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from server.domain.errors import Invalid
from server.interchange import strict_json

FORMAT = "block-diary clinic"
FORMAT_VERSION = 2
MIMETYPE = "application/zip"
MANIFEST = "manifest.json"
#: Of one row. An entry is a few kilobytes.
MOST_LINE_BYTES = 4_000_000

_PIECE_BYTES = 64_000
_FOREIGN = "the file is not one that block-diary export-clinic made, or only a part of it"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)

Row = Mapping[str, Any]


class _Waiting:
    """What the archive wrote and nobody has taken yet. It cannot go back, as a network cannot."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.size = 0

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        self.size += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        found, self.pieces, self.size = b"".join(self.pieces), [], 0
        return found


def written(
    head: Mapping[str, Any], tables: Iterable[tuple[str, Iterable[Row]]], made_at: datetime
) -> Iterator[bytes]:
    """The file, piece by piece, while its rows are read.

    :param head: what the manifest says besides: `clinic`, `made_at`, `revision`,
        `left_behind`, `set_up_again`
    :param tables: by name, in the order in which they can be brought in
    """
    waiting, members = _Waiting(), []
    with zipfile.ZipFile(waiting, "w") as archive:  # type: ignore[call-overload]
        for name, rows in tables:
            digest, count, size = sha256(), 0, 0
            with archive.open(_info(f"{name}.jsonl", made_at), "w", force_zip64=True) as member:
                for row in rows:
                    line = _line(row)
                    member.write(line)
                    digest.update(line)
                    count, size = count + 1, size + len(line)
                    if waiting.size >= _PIECE_BYTES:
                        yield waiting.taken()
            members.append(
                {"table": name, "rows": count, "bytes": size, "sha256": digest.hexdigest()}
            )
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "app_version": version("block_diary"),
            **head,
            "members": members,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        archive.writestr(_info(MANIFEST, made_at), text)
    yield waiting.taken()


def _info(name: str, made_at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, made_at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _line(row: Row) -> bytes:
    text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


@dataclass(frozen=True)
class Member:
    """One table of the file, as the manifest tells it."""

    table: str
    rows: int
    bytes: int
    sha256: str


class ClinicFile:
    """A file that was made by `written`, open to be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """:raises Invalid: it is no such file, or of another version of the format"""
        self._archive = archive
        try:
            info = archive.getinfo(MANIFEST)
            with archive.open(info) as member:
                manifest = strict_json.loads(member.read(strict_json.MOST_BYTES + 1))
            found = manifest["format"], manifest["format_version"]
        except (KeyError, TypeError, *_BROKEN):
            raise Invalid("", _FOREIGN) from None
        if found != (FORMAT, FORMAT_VERSION):
            raise Invalid(
                "",
                f"the file has version {found[1]} of its format, this program reads {FORMAT_VERSION};"
                " bring both installations to the same version and export it again",
            )
        try:
            self.clinic_id, self.name = str(manifest["clinic"]["id"]), manifest["clinic"]["name"]
            self.made_at, self.revision = str(manifest["made_at"]), str(manifest["revision"])
            self.app_version = str(manifest["app_version"])
            again = manifest["set_up_again"]
            #: in the words of whoever set it up
            self.set_up_again = [str(each) for each in again["reports_to"] + again["programs"]]
            self.members = [Member(**each) for each in manifest["members"]]
        except (KeyError, TypeError):
            raise _damaged("its manifest is not complete") from None

    def verify(self) -> None:
        """Read all of it once.

        :raises Invalid: it was damaged or altered, and where
        """
        named = sorted([MANIFEST, *(f"{each.table}.jsonl" for each in self.members)])
        if sorted(self._archive.namelist()) != named:
            raise _damaged("it holds other files than its manifest names")
        for each in self.members:
            digest, count, size = sha256(), 0, 0
            for line in self._lines(each.table):
                digest.update(line)
                count, size = count + 1, size + len(line)
            if (count, size, digest.hexdigest()) != (each.rows, each.bytes, each.sha256):
                raise _damaged(f"{each.table}.jsonl is not what was written")

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table, one at a time.

        :raises Invalid: a line is not an object of JSON
        """
        for number, line in enumerate(self._lines(table), 1):
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise Invalid(f"{table}.jsonl, line {number}", "is not a row")
            yield row

    def _lines(self, table: str) -> Iterator[bytes]:
        try:
            with self._archive.open(f"{table}.jsonl") as member:
                while line := member.readline(MOST_LINE_BYTES + 1):
                    if len(line) > MOST_LINE_BYTES:
                        raise _damaged(f"{table}.jsonl has a line that is too long")
                    yield line
        except (KeyError, *_BROKEN):
            raise _damaged(f"{table}.jsonl cannot be read") from None


@contextmanager
def opened(path: Path) -> Iterator[ClinicFile]:
    """:raises Invalid: the file cannot be read, or is none of a clinic"""
    try:
        archive = zipfile.ZipFile(path)
    except OSError as error:
        raise Invalid("", f"the file {path} cannot be read: {error.strerror}") from None
    except _BROKEN:
        raise Invalid("", _FOREIGN) from None
    with archive:
        yield ClinicFile(archive)


def _damaged(what: str) -> Invalid:
    return Invalid("", f"the file is damaged or was altered: {what}; nothing was brought in")
