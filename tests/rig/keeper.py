"""Runs one program and ends it, with all it started, as soon as the test run is gone, however that ended.

A test run that is killed cannot tidy up; this small process can: it holds a pipe from the test run, and the pipe's
end tells it. Used as a module by :func:`keep`, and as a script by the process itself.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

#: How long a program may take to end in its own way before it is killed.
PATIENCE_SECONDS = 10


class Kept:
    """A running program, which ends with the test run."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        #: The program's process id, also that of its process group.
        self.pid = int(process.stdout.readline())

    def running(self) -> bool:
        """Whether the program still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the program and wait until it is gone."""
        self._process.communicate()

    def kill(self) -> None:
        """SIGKILL the whole process group, as a phone does when it takes the memory back."""
        _signal_group(self.pid, signal.SIGKILL)
        self._process.communicate()


def keep(
    command: Sequence[str | Path],
    *,
    log: Path,
    ends_with: signal.Signals = signal.SIGTERM,
    user: str | None = None,
    environment: dict[str, str] | None = None,
    leftovers: Path | None = None,
) -> Kept:
    """Start a program whose output goes to `log`.

    `ends_with` is the signal that asks the program to end; `user` is the account to run it as (None: our own);
    `leftovers` is a folder to delete once it has ended.
    """
    script = [
        sys.executable,
        "-I",
        "-S",
        __file__,
        str(int(ends_with)),
        user or "",
        str(leftovers or ""),
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*script, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            env=environment,
            start_new_session=True,
        )
    return Kept(process)


def _run(ends_with: str, user: str, leftovers: str, *command: str) -> None:
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        user=user or None,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
    )
    print(program.pid, flush=True)
    threading.Thread(target=_end_with_test_run, args=(program, int(ends_with)), daemon=True).start()
    program.wait()
    _signal_group(program.pid, signal.SIGKILL)
    if leftovers:
        shutil.rmtree(leftovers, ignore_errors=True)


def _end_with_test_run(program: "subprocess.Popen[bytes]", ends_with: int) -> None:
    sys.stdin.read()
    program.send_signal(ends_with)
    try:
        program.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(program.pid, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


if __name__ == "__main__":
    _run(*sys.argv[1:])
