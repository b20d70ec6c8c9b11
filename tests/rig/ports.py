"""A port for a server that is started later, or stopped and started again on the same one."""

import os
import random
import socket
from itertools import cycle, islice

#: Below those that a system gives away by itself, to servers that name none and to every client.
LOWEST = 20_000
#: So many has each process of a test run for itself.
EACH = 1_000


def _mine() -> range:
    worker = os.environ.get("PYTEST_XDIST_WORKER", f"gw{os.getpid()}").removeprefix("gw")
    start = LOWEST + int(worker) % 10 * EACH
    return range(start, start + EACH)


_ports = cycle(random.sample(_mine(), EACH))


def free_port() -> int:
    """One of this machine that nobody else is given meanwhile."""
    return next(port for port in islice(_ports, EACH) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
