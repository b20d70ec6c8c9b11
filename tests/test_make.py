"""What `make` says and leaves behind when a machine lacks what it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).resolve().parents[1] / "Makefile"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(MAKEFILE, tmp_path)
    return tmp_path


def python(clone: Path, script: str) -> str:
    """A Python of its own ways, as a shell script that ends in the real one."""
    program = clone / "python"
    program.write_text(f'#!/bin/sh\n{script}\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    return str(program)


def make(clone: Path, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", ".venv/bin/python", f"PYTHON={program}"],
        cwd=clone,
        # Not as a part of the `make` that runs the tests.
        env={name: value for name, value in os.environ.items() if "MAKE" not in name},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_old_python_is_one_plain_line_and_nothing_is_made_with_it(clone: Path) -> None:
    (clone / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 10, 13)\n")
    done = make(clone, python(clone, f'export PYTHONPATH="{clone}"'))
    assert done.returncode != 0
    said, of_make = done.stderr.strip().splitlines()
    assert said.startswith("Python 3.11 or newer is needed") and of_make.startswith("make: ***")
    assert not (clone / ".venv").exists()


def test_an_environment_that_could_not_be_finished_is_made_anew(clone: Path) -> None:
    """Debian's Python without its package python3-venv leaves one that has no pip."""
    breaks_off = f'[ "$1" = -m ] && {{ "{sys.executable}" -m venv --without-pip .venv; exit 1; }}'
    assert make(clone, python(clone, breaks_off)).returncode != 0
    done = make(clone, sys.executable)
    assert done.returncode == 0, done.stderr
    subprocess.run([clone / ".venv/bin/python", "-m", "pip", "--version"], check=True)
