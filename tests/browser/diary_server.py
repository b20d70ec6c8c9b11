"""The real app for real browsers: served on this machine, with a clock that a test can move."""

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sqlalchemy import make_url, select
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from server import create_app
from server.config import Config, load
from server.new_clinic import create_clinic
from server.push.loop import TickResult, tick
from server.push.sender import Sender
from server.push.trial_reminders import send_asked
from server.push.vapid_keys import vapid_keys
from server.push.web_push import WebPush
from server.storage.db import Database
from server.storage.migrate import migrate
from server.storage.models import DiaryEntry, Reminder, ReminderDelivery
from server.storage.vault import Vault
from tests.builders import SECRET_KEY
from tests.rig.ports import free_port

EMAIL = "nurse@elm.org"
LONGEST_HOLD_SECONDS = 60


#: In the environment of a request, what is sent in answer to it.
ANSWER = "rig.answer"


class Quiet(WSGIRequestHandler):
    """Says nothing of requests, and hangs up on each that comes after the server was stopped.

    Browsers keep connections open, and open some ahead, on which they would still be answered.
    """

    protocol_version = "HTTP/1.0"

    def run_wsgi(self) -> None:
        """Answer, while the server listens."""
        if self.server.socket.fileno() != -1:
            super().run_wsgi()

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Close the file that was being sent, which Werkzeug leaves open then."""
        answer = (environ or {}).get(ANSWER)
        if hasattr(answer, "close"):
            answer.close()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Keep the test's output to itself."""


class DiaryServer:
    """One installation with one clinic; it can be stopped and started on the same address."""

    def __init__(
        self,
        folder: Path,
        push_hosts: Collection[str] = (),
        at: datetime | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._port = free_port()
        self.url = f"http://{host}:{self._port}"
        self.config: Config = load(
            {
                "BLOCK_DIARY_DATA": str(folder),
                "SECRET_KEY": SECRET_KEY,
                "PUBLIC_URL": self.url,
                "PUSH_EXTRA_HOSTS": ",".join(push_hosts),
                "SMTP_HOST": "localhost",
                "SMTP_TLS": "none",
                "SMTP_FROM": "diary@elm.example.org",
            },
            default="development",
        )
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        Path(make_url(self.config.database_url).database or "").write_bytes(_migrated())
        self.ahead = timedelta(0) if at is None else at - datetime.now(UTC)
        self.password = create_clinic(
            self.config,
            name="Elm clinic",
            telephone="020 7946 0011",
            timezone="Europe/London",
            email=EMAIL,
            now=self.now(),
        )
        self.database = Database(self.config.database_url)
        self._vault = Vault(SECRET_KEY)
        self._server: BaseWSGIServer | None = None
        self._answers_sync = threading.Event()
        self._answers_sync.set()

    def now(self) -> datetime:
        """The server's clock: the machine's, plus what a test let pass."""
        return datetime.now(UTC) + self.ahead

    def start(self) -> None:
        """Serve, each request in a thread of its own."""
        app = create_app(self.config, self.now)
        self._server = make_server(
            "127.0.0.1", self._port, self._held_up(app), threaded=True, request_handler=Quiet
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._services = app.extensions["block_diary"]

    def hold_up_syncs(self) -> None:
        """Answer no sync, as over a network that has all but gone, until :meth:`let_syncs_go`."""
        self._answers_sync.clear()

    def let_syncs_go(self) -> None:
        """Answer those that wait, and all that come."""
        self._answers_sync.set()

    def stop(self) -> None:
        """Refuse every connection, as a server that is down does."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._services.database.close()
            self._server = None

    def tick(self) -> TickResult:
        """One turn of the reminder loop, by the real sender."""
        with self._web_push() as web_push:
            return tick(self.database, web_push, self.now())

    def send_trials(self) -> int:
        """Send the reminders on trial that are asked for; how many were taken."""
        with self._web_push() as web_push:
            return send_asked(self.database, web_push, self.now)

    @contextmanager
    def _web_push(self) -> Iterator[WebPush]:
        keys = vapid_keys(self.database, self._vault, self.now())
        sender = Sender(keys, self.config.vapid_subject, self.config.push_extra_hosts)
        try:
            yield WebPush(self._vault, sender, self.url)
        finally:
            sender.close()

    def entries(self, block_id: UUID) -> list[DiaryEntry]:
        """What the server has of a block, in the order felt."""
        with self.database.reading() as session:
            found = select(DiaryEntry).where(DiaryEntry.block_id == block_id)
            return list(session.scalars(found.order_by(DiaryEntry.felt_at)))

    def reminder(self, block_id: UUID, assessment_id: str, attempt: str = "prompt") -> Reminder:
        """One attempt to remind of one assessment."""
        with self.database.reading() as session:
            return session.scalars(
                select(Reminder).where(
                    Reminder.block_id == block_id,
                    Reminder.assessment_id == assessment_id,
                    Reminder.attempt == attempt,
                )
            ).one()

    def deliveries(self) -> list[ReminderDelivery]:
        """Every reminder on its way to a phone."""
        with self.database.reading() as session:
            return list(session.scalars(select(ReminderDelivery)))

    def _held_up(self, app: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] == "/api/phone/sync":
                self._answers_sync.wait(LONGEST_HOLD_SECONDS)
            environ[ANSWER] = app(environ, start)
            return environ[ANSWER]

        return answer

    def close(self) -> None:
        self.let_syncs_go()
        self.stop()
        self.database.close()


@cache
def _migrated() -> bytes:
    """An empty database file, whose making takes longer than a copy."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite3"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


@contextmanager
def diary_server(
    folder: Path, push_hosts: Collection[str] = (), at: datetime | None = None
) -> Iterator[DiaryServer]:
    """A started server, stopped at the end; `at` is its time at first, if not the machine's."""
    server = DiaryServer(folder, push_hosts, at)
    server.start()
    try:
        yield server
    finally:
        server.close()
