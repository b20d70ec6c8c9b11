"""Sends finished reports to where clinics want them, beside the reminders and never in their way.

To one target goes one report at a time, so that a server that is slow delays its own only. Logs
nothing that tells of a person, an address or a credential.
"""

import json
import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.domain.dossier import Dossier
from server.domain.errors import Invalid, NotFound
from server.domain.reminders import Answer
from server.domain.report_targets import Outcome, address, outcome
from server.interchange import webhook
from server.interchange.fhir.transaction import is_answer, names, transaction, version
from server.push.channel import Clock
from server.push.http_posts import HttpPosts, Post
from server.push.web_push import where
from server.storage import dossiers, report_pushes
from server.storage.db import Database
from server.storage.report_pushes import ClaimedPush, Taken
from server.storage.vault import SealBroken, Vault

#: For a whole try. Writing a hundred resources takes some servers a while.
TIMEOUT_SECONDS = 30.0
#: So many targets are sent to at once.
MOST_UNDER_WAY = 16
#: What a FHIR server may answer to a transaction.
MOST_ANSWER_BYTES = 4_000_000
#: A report that has become due is noticed after this at the latest.
LONGEST_SLEEP = timedelta(seconds=5)
_LOOK_UP_SECONDS = 0.5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _UnderWay:
    claimed: ClaimedPush
    what: Taken


class ReportDelivery:
    """Every method belongs to one thread."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        public_url: str,
        inside_hosts: Collection[str],
        timeout_seconds: float = TIMEOUT_SECONDS,
        addresses: Collection[str] = (),
    ) -> None:
        """:param inside_hosts: hosts in our own network that may be sent to
        :param addresses: known without asking DNS, as `host:port:address,address`
        """
        self._database = database
        self._vault = vault
        self._base = f"{public_url}/fhir"
        self._inside_hosts = inside_hosts
        self._posts = HttpPosts(timeout_seconds, MOST_UNDER_WAY, addresses=addresses)
        self._under_way: dict[UUID, _UnderWay] = {}
        self._answered: list[tuple[_UnderWay, Answer]] = []

    def turn(self, clock: Clock) -> bool:
        """Begin what is due, and record what was answered. False if there was nothing to do."""
        found: list[ClaimedPush] = []
        room = MOST_UNDER_WAY - len(self._under_way)
        if room and self._is_due(clock()):
            now = clock()
            with self._database.transaction() as session:
                found = report_pushes.claim_due(session, now, list(self._under_way), room)
            for each in found:
                self._begin(each, now)
        worked = bool(found or self._under_way)
        if self._under_way and not self._answered:
            self._posts.turn(_LOOK_UP_SECONDS)
        while self._answered:
            self._record(*self._answered.pop(), clock())
        return worked

    def _is_due(self, now: datetime) -> bool:
        """A look that takes no lock."""
        with self._database.reading() as session:
            next_at = report_pushes.next_due_at(session)
        return next_at is not None and next_at <= now

    def close(self) -> None:
        """Give up what is under way; its lease carries it."""
        self._posts.close()

    def _begin(self, claimed: ClaimedPush, now: datetime) -> None:
        try:
            post = self._prepared(claimed, now)
        except SealBroken:
            self._failed(claimed, Outcome("unreadable"), now)
        except Invalid:
            self._failed(claimed, Outcome("address_refused"), now)
        except Exception as error:  # one report's fault must not keep the others waiting
            log.error("report_failed push=%s error=%s", claimed.id, where(error))
            self._failed(claimed, Outcome("fault", again=True), now)
        else:
            if post is not None:
                self._posts.begin(post)

    def _prepared(self, claimed: ClaimedPush, now: datetime) -> Post | None:
        """What is to be sent; None if there is nothing to tell.

        :raises SealBroken: the credential was sealed under another key
        :raises Invalid: the address may not be called any more
        """
        try:
            with self._database.reading() as session:
                of = dossiers.of_block(session, claimed.clinic_id, claimed.block_id, now)
        except NotFound:
            self._put_off(claimed, None)
            return None
        if of.in_progress:
            assert of.diary.performed_at is not None
            minutes = float(of.diary.criteria.verdict_minutes)
            self._put_off(claimed, of.diary.performed_at + timedelta(minutes=minutes))
            return None
        found = version(of, self._base)
        what = Taken(found, names(of, self._base), _look_again_at(of))
        if found == claimed.version:
            self._put_off(claimed, what.look_again_at)
            return None
        called = address(claimed.url, self._inside_hosts)
        secret = claimed.sealed_secret and self._vault.open(claimed.sealed_secret)
        headers, body = self._content(claimed, of, found, secret, now)
        begun = self._under_way[claimed.target_id] = _UnderWay(claimed, what)
        return Post(
            called.url,
            headers,
            body,
            called.inside,
            lambda answer: self._answered.append((begun, answer)),
            most_answer_bytes=MOST_ANSWER_BYTES,
        )

    def _content(
        self, claimed: ClaimedPush, of: Dossier, found: str, secret: str | None, now: datetime
    ) -> tuple[list[str], bytes]:
        if claimed.kind == "fhir":
            made = transaction(of, self._base, claimed.sent)
            headers = [
                "Content-Type: application/fhir+json; charset=utf-8",
                "Accept: application/fhir+json",
                "Prefer: return=minimal",
                *([f"Authorization: Bearer {secret}"] if secret else []),
            ]
            body = json.dumps(made, ensure_ascii=False).encode()
        else:
            body = webhook.message(of, self._base, found, is_first=claimed.version is None)
            signed = webhook.signature(secret or "", body, now)
            headers = ["Content-Type: application/json", f"{webhook.SIGNATURE}: {signed}"]
        return [*headers, "Expect:"], body

    def _put_off(self, claimed: ClaimedPush, until: datetime | None) -> None:
        with self._database.transaction() as session:
            report_pushes.put_off(session, claimed, until)

    def _record(self, begun: _UnderWay, answer: Answer, now: datetime) -> None:
        claimed = begun.claimed
        del self._under_way[claimed.target_id]
        accepted = claimed.kind != "fhir" or is_answer(answer.body)
        result = outcome(answer.status, answer.problem, accepted)
        if result.problem is not None:
            self._failed(claimed, result, now)
            return
        with self._database.transaction() as session:
            report_pushes.taken(session, claimed, begun.what, now)
        log.info("report_sent push=%s", claimed.id)

    def _failed(self, claimed: ClaimedPush, result: Outcome, now: datetime) -> None:
        with self._database.transaction() as session:
            report_pushes.not_taken(session, claimed, result, now)
        log.warning("report_not_sent push=%s problem=%s", claimed.id, result.problem)


def run_once(delivery: ReportDelivery, clock: Clock) -> None:
    """Send what is due now, each once, and return."""
    while delivery.turn(clock):
        pass


def run(database: Database, delivery: ReportDelivery, stop: threading.Event, clock: Clock) -> None:
    """Send what is due until `stop` is set. Survives every error."""
    while not stop.is_set():
        try:
            if delivery.turn(clock):
                continue
            with database.reading() as session:
                next_at = report_pushes.next_due_at(session)
            pause = LONGEST_SLEEP if next_at is None else min(next_at - clock(), LONGEST_SLEEP)
        except Exception as error:  # the loop outlives a database that is away for a while
            log.error("report_turn_failed error=%s", where(error))
            pause = LONGEST_SLEEP
        stop.wait(max(0.0, pause.total_seconds()))


def _look_again_at(of: Dossier) -> datetime | None:
    """When the last window closes, if that is to come: what is missed then changes the report."""
    closes = [each.closes_at for each in of.record.schedule] if of.record else []
    last = max(closes, default=of.as_of)
    return last if last > of.as_of else None
