"""Installing what the tests need: quick when all is there, plain when it is not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig import programs

ROOT = Path(__file__).parents[2]


def install(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tests.rig.install"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def seconds_of_work() -> float:
    """Of all processes that we have started and that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def test_with_everything_there_it_says_nothing_and_takes_a_moment() -> None:
    before = seconds_of_work()
    done = install()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert seconds_of_work() - before < 1  # however long others keep the machine busy


@pytest.mark.parametrize(
    "variable", [programs.CHROMIUM_VARIABLE, programs.FIREFOX_VARIABLE, programs.POSTGRES_VARIABLE]
)
def test_a_wrong_override_is_one_plain_line_and_not_passed_over(variable: str) -> None:
    done = install(**{variable: "/nowhere/at/all"})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{variable}=/nowhere/at/all" in done.stderr


def test_an_override_is_what_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "my-firefox"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv(programs.FIREFOX_VARIABLE, str(own))
    assert programs.firefox() == own


def test_a_snap_browser_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub = tmp_path / "firefox"
    stub.write_text('#!/bin/sh\nexec /snap/bin/firefox "$@"\n')
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(programs.FIREFOX_VARIABLE, raising=False)
    assert programs.firefox() != stub


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere WebKitGTK is not needed")
def test_what_cannot_be_had_is_one_plain_line_that_says_what_to_install(tmp_path: Path) -> None:
    for found in (programs.chromium(), programs.firefox(), programs.xvfb()):
        assert found
        (tmp_path / found.name).symlink_to(found)
    done = install(PATH=str(tmp_path))  # neither WebKitGTK nor apt-get
    assert done.returncode == 1
    assert done.stderr == (
        "The tests cannot run without WebKitGTK: install it, the package with WebKitWebDriver, "
        "such as Debian's webkit2gtk-driver\n"
    )
