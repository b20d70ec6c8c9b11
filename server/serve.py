"""Serve the app by Granian: one process with embedded SQLite, several with PostgreSQL."""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable
from wsgiref.types import WSGIApplication

from server import create_app
from server.config import Config, StartRefused, load
from server.push.command import remind

BLOCKING_THREADS = 4
#: Of the garbage collector's smaller rounds, about one for each look at a large board.
FULL_ROUND_AFTER = 100
STOP_SECONDS = 10
"""How long a request may go on after the server was told to stop."""


def application() -> WSGIApplication:
    """The app of one serving process. Whatever must not be shared by forking is opened here."""
    config = load(os.environ, default="production")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    app = create_app(config)
    spare_the_collector()
    # Cut off at the end, since Granian stops its workers without notice: leases carry it.
    reminders = threading.Thread(
        target=remind, args=(config, threading.Event()), name="reminders", daemon=True
    )
    reminders.start()
    threading.Thread(target=_stop_with_parent, name="stop-with-parent", daemon=True).start()
    return app


def spare_the_collector() -> None:
    """What is loaded by now stays: the garbage collector need not go through it again. Through
    what comes to it, it goes more seldom: that takes as long as the board, and falls on anybody's
    answer."""
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_ROUND_AFTER)


def serve(config: Config, prepare: Callable[[Config], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    :param prepare: what this server alone may do to the data folder before it serves; never
        called while another server uses the folder or the port
    :raises StartRefused: another server has the data folder or the port, or the database does
        not fit
    """
    from granian.constants import Interfaces
    from granian.server import Server as Granian

    from server import database

    # The serving processes read the same settings from the environment.
    os.environ["BLOCK_DIARY_ENV"] = config.environment
    logging.captureWarnings(True)
    with database.sole_use(config):
        _check_port_is_free(config.host, config.port)
        if prepare is not None:
            prepare(config)
        database.check(config)
        print(f"Block Diary ({config.environment}) on {config.public_url}", flush=True)
        Granian(
            "server.serve:application",
            factory=True,
            interface=Interfaces.WSGI,
            address=config.host,
            port=config.port,
            workers=1 if config.is_embedded else max(2, os.cpu_count() or 1),
            blocking_threads=BLOCKING_THREADS,
            respawn_failed_workers=True,
            workers_kill_timeout=STOP_SECONDS,
            websockets=False,
        ).serve()


def _check_port_is_free(host: str, port: int) -> None:
    """Granian shares its port, so that a second server would silently take half the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartRefused(
                f"PORT is {port}: {host}:{port} cannot be taken ({error.strerror});"
                " stop what uses it, or set another PORT"
            ) from None


def _stop_with_parent() -> None:
    """A serving process whose parent was killed would hold the port and the lock for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
