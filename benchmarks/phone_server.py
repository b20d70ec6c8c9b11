"""The real server with one page more, the bare one: `python -m benchmarks.phone_server`, by benchmarks.phone."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from granian.constants import Interfaces
from granian.server import Server as Granian

from server import create_app
from server.config import Config, load
from server.serve import BLOCKING_THREADS

BARE_FILES = Path(__file__).parent / "bare"
BARE = "/bare/index.html"
WAIT_SECONDS = 60


def application() -> Flask:
    """The app as it is served, and the bare page beside it by the same file server."""
    app = create_app(load(os.environ, default="development"))
    app.wsgi_app.add_files(str(BARE_FILES), prefix="bare/")  # type: ignore[attr-defined]
    return app


@contextmanager
def serving(config: Config) -> Iterator[None]:
    """Serve as `block-diary serve` does: Granian, in one process. The database is there already."""
    environ = {
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(config.data_dir),
        "SECRET_KEY": config.secret_key,
        "PUBLIC_URL": config.public_url,
        "PORT": config.public_url.rpartition(":")[2],
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.phone_server"], env={**os.environ, **environ}
    )
    try:
        _wait_for(f"{config.public_url}{BARE}", process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=20).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the server does not answer within {WAIT_SECONDS} s")


def main() -> None:
    config = load(os.environ, default="development")
    Granian(
        "benchmarks.phone_server:application",
        factory=True,
        interface=Interfaces.WSGI,
        address=config.host,
        port=config.port,
        workers=1,
        blocking_threads=BLOCKING_THREADS,
        websockets=False,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
