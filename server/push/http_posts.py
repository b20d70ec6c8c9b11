"""HTTP posts, many at a time, over connections that are kept. The only place that knows libcurl.

libcurl itself follows no redirect, keeps no cookie and reads no password here; what it would take
from the environment (proxies) is switched off.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import certifi
import pycurl

from server.domain.push_hosts import may_connect
from server.domain.reminders import Answer

#: An answer's status decides; of what comes with it no more than this is read.
MOST_ANSWER_BYTES = 65_536

_TLS_ERRORS = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_INVALIDCERTSTATUS,
}
_INTEREST = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


@dataclass(frozen=True, slots=True)
class Post:
    """One request, and who wants to know what was answered."""

    url: str
    headers: list[str]
    body: bytes
    may_be_inside: bool  #: may the host's address be one of our own network?
    on_answer: Callable[[Answer], None]
    #: So much of an answer is read, and told; None: none of it is told, since the status decides.
    most_answer_bytes: int | None = None


class HttpPosts:
    """Every method but `wake` belongs to one thread, which calls `turn` again and again."""

    def __init__(
        self,
        timeout_seconds: float,
        most_connections: int,
        ca_file: str | None = None,
        addresses: Collection[str] = (),
    ) -> None:
        """:param timeout_seconds: for a whole post: finding the address, connecting, the answer
        :param most_connections: so many are kept
        :param ca_file: the authorities that certificates are trusted from; None: the public ones
        :param addresses: known without asking DNS, as `host:port:address,address`
        """
        self._timeout_seconds = timeout_seconds
        self._ca_file = ca_file or certifi.where()
        self._addresses = addresses
        self._idle: list[_Line] = []
        self._busy: dict[pycurl.Curl, _Line] = {}
        self._timer_at: float | None = None
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, most_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def begin(self, post: Post) -> None:
        """Send it in the turns to come. Its answer comes in one of them, in any case."""
        if not self._idle:
            self._idle.append(_Line(self._timeout_seconds, self._ca_file, self._addresses))
        line = self._idle.pop()
        line.prepare(post)
        self._busy[line.curl] = line
        self._multi.add_handle(line.curl)

    def turn(self, longest_seconds: float | None = None) -> None:
        """Wait until something happens (bytes, a time-out, `wake`) and deal with it.

        :param longest_seconds: wait no longer than this; None: as long as it takes
        """
        patience = longest_seconds
        if self._timer_at is not None:
            until_timer = max(0.0, self._timer_at - time.monotonic())
            patience = until_timer if patience is None else min(patience, until_timer)
        for key, events in self._selector.select(patience):
            if key.fileobj is self._woken:
                self._woken.recv(4096)
                continue
            readable = pycurl.CSELECT_IN if events & selectors.EVENT_READ else 0
            writable = pycurl.CSELECT_OUT if events & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, readable | writable)
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._answer_the_finished()

    def wake(self) -> None:
        """End the wait of a `turn`; from any thread."""
        with suppress(OSError):  # so many wakes are on their way that it will, or it was closed
            self._waker.send(b"\0")

    def close(self) -> None:
        """Give up what is under way: it is answered with the problem `stopped`."""
        for line in list(self._busy.values()):
            self._finish(line, Answer(None, problem="stopped"))
        for line in self._idle:
            line.curl.close()
        self._multi.close()
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _answer_the_finished(self) -> None:
        queued = 1
        while queued:
            queued, done, failed = self._multi.info_read()
            for curl in done:
                line = self._busy[curl]
                self._finish(line, line.answer(pycurl.E_OK))
            for curl, error, _ in failed:
                line = self._busy[curl]
                self._finish(line, line.answer(error))

    def _finish(self, line: "_Line", answer: Answer) -> None:
        self._multi.remove_handle(line.curl)
        del self._busy[line.curl]
        self._idle.append(line)
        line.close_duplicates()
        line.post.on_answer(answer)

    def _watch(self, what: int, descriptor: int, _multi: Any, _data: Any) -> None:
        """libcurl wants to hear of this socket (no more)."""
        if what == pycurl.POLL_REMOVE:
            with suppress(KeyError):
                self._selector.unregister(descriptor)
            return
        try:
            self._selector.register(descriptor, _INTEREST[what])
        except KeyError:
            self._selector.modify(descriptor, _INTEREST[what])

    def _set_timer(self, milliseconds: int) -> None:
        """libcurl wants to be called then at the latest; negative: it does not."""
        self._timer_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


class _Line:
    """What carries one post at a time, again and again."""

    post: Post

    def __init__(self, timeout_seconds: float, ca_file: str, addresses: Collection[str]) -> None:
        self._head: deque[bytes] = deque()
        self._body_bytes = 0
        self._body: list[bytes] = []
        self._forbidden = False
        self._opened: list[socket.socket] = []
        self.curl = curl = pycurl.Curl()
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.POST, True)
        curl.setopt(pycurl.TIMEOUT_MS, int(timeout_seconds * 1000))
        curl.setopt(pycurl.NOSIGNAL, True)
        curl.setopt(pycurl.CAINFO, ca_file)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.PATH_AS_IS, True)
        curl.setopt(pycurl.USERAGENT, "block-diary")
        curl.setopt(pycurl.RESOLVE, list(addresses))
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        curl.setopt(pycurl.HEADERFUNCTION, self._head.append)
        curl.setopt(pycurl.WRITEFUNCTION, self._read)

    def prepare(self, post: Post) -> None:
        self.post = post
        self._head.clear()
        self._body_bytes = 0
        self._body.clear()
        self._forbidden = False
        self.curl.setopt(pycurl.URL, post.url)
        self.curl.setopt(pycurl.HTTPHEADER, post.headers)
        self.curl.setopt(pycurl.POSTFIELDS, post.body)

    def answer(self, error: int) -> Answer:
        """What the last post came to. A status is an answer, whatever happened after it."""
        status = self.curl.getinfo(pycurl.RESPONSE_CODE)
        if status >= 200:
            retry_after = None if status == 201 else self._retry_after()
            return Answer(status, retry_after, body=b"".join(self._body))
        if self._forbidden:
            return Answer(None, problem="address_forbidden")
        if error == pycurl.E_OPERATION_TIMEDOUT:
            return Answer(None, problem="timed_out")
        return Answer(None, problem="tls_failed" if error in _TLS_ERRORS else "unreachable")

    def close_duplicates(self) -> None:
        """pycurl works on a copy of each socket that it was given."""
        while self._opened:
            self._opened.pop().close()

    def _retry_after(self) -> str | None:
        for line in self._head:
            name, _, value = line.partition(b":")
            if name.lower() == b"retry-after":
                return value.strip().decode("latin-1")
        return None

    def _open_socket(self, _purpose: int, address: Any) -> Any:
        """The last moment before a connection: this address, and no other, is connected to."""
        if not may_connect(address.addr[0], inside=self.post.may_be_inside):
            self._forbidden = True
            return pycurl.SOCKET_BAD
        self._opened.append(socket.socket(address.family, address.socktype, address.protocol))
        return self._opened[-1]

    def _read(self, data: bytes) -> int | None:
        self._body_bytes += len(data)
        most = self.post.most_answer_bytes
        if most is not None:
            self._body.append(data)
        return 0 if self._body_bytes > (most or MOST_ANSWER_BYTES) else None  # 0: hang up
