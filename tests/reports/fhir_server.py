"""Another system's server on a real socket: takes FHIR transactions, or misbehaves as it is told."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Posted:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]  #: names in lower case
    body: bytes = field(repr=False)

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found


@dataclass(frozen=True)
class Misbehaviour:
    """An answer other than that of a server that is well."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    takes: bool = False  #: does it do what it was asked to, all the same?
    hangs_up: bool = False  #: gives no answer at all
    delay_seconds: float = 0
    meanwhile: Callable[[], None] = lambda: None  #: happens before the answer is given


class FhirServer:
    """Keeps what transactions put, under `/fhir`; answers 204 anywhere else."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.resources: dict[str, Json] = {}
        self.deleted: list[str] = []
        self._next: deque[Misbehaviour] = deque()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.posted.append(Posted(self.path, headers, body))
                odd = server._next.popleft() if server._next else None
                if odd is None:
                    self._answer(*server._take(self.path, body))
                    return
                if odd.takes:
                    server._take(self.path, body)
                odd.meanwhile()
                time.sleep(odd.delay_seconds)
                if odd.hangs_up:
                    self.close_connection = True
                    return
                self._answer(odd.status, odd.body, odd.headers)

            do_GET = do_POST  # a redirect that is followed turns into a GET

            def _answer(
                self, status: int, body: bytes, headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass  # a client that hung up first

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}/fhir"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def will(self, *misbehaviours: Misbehaviour) -> None:
        """Answer the next requests like this."""
        self._next.extend(misbehaviours)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def _take(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path != "/fhir":
            return 204, b""
        bundle = json.loads(body)
        assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
        for entry in bundle["entry"]:
            name = entry["request"]["url"]
            if entry["request"]["method"] == "PUT":
                resource = entry["resource"]
                assert name == f"{resource['resourceType']}/{resource['id']}"
                self.resources[name] = resource
            else:
                self.resources.pop(name, None)
                self.deleted.append(name)
        answers = [{"response": {"status": "200 OK"}} for _ in bundle["entry"]]
        said = {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}
        return 200, json.dumps(said).encode()
