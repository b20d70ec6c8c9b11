"""How many messages a second one process sends: `python -m benchmarks.sender`.

Four ways in one run, one after the other, each in this one process, against one TLS sink on
another core; see benchmarks/README.md.
"""

import argparse
import gc
import os
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.sink import Sink, Taken, sink
from benchmarks.ways import FLOOR, LOOP, TTL_SECONDS, WAYS, Surroundings
from server.push.payload import reminder_payload
from server.push.vapid_keys import VapidKeys
from tests.push.stand_in import Browser, Posted

#: The ways take turns with so many messages each, so that all meet the same load of the machine.
TURN = 250
#: The README's loop is so slow that it gets only this part of a turn.
SLOW_SHARE = 10
#: Sent before the clock starts, so that connections stand and code is loaded.
WARM_UP = 100


@dataclass(frozen=True)
class Speed:
    """What one way achieved in one round, or in the median of several."""

    per_second: float  #: messages
    cpu_us: float  #: processor time of this process for one message


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--messages", type=int, default=5_000, help="in each of three rounds")
    print(table(measure(arguments.parse_args().messages, rounds=3)))


def measure(messages: int, rounds: int) -> dict[str, Speed]:
    """The medians of the rounds, by way.

    :raises AssertionError: an answer, a header or a decrypted body is not as it should be
    """
    ours, sinks = _cores()
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        with sink(folder, sinks) as running:
            before = os.sched_getaffinity(0) if ours else set()
            if ours:
                os.sched_setaffinity(0, ours)
            try:
                keys = VapidKeys(ec.generate_private_key(ec.SECP256R1()))
                around = Surroundings(
                    running.origin, running.port, running.certificate, keys, folder
                )
                seen = [_round(around, running, messages) for _ in range(rounds)]
            finally:
                if ours:
                    os.sched_setaffinity(0, before)
    return {
        name: Speed(
            median(each[name].per_second for each in seen),
            median(each[name].cpu_us for each in seen),
        )
        for name in WAYS
    }


def table(measured: dict[str, Speed]) -> str:
    """As text: the speed against the first and the last way, and what a message costs."""
    loop, floor = measured[LOOP], measured[FLOOR]
    lines = [f"{'':30}{'messages/s':>11}{'x loop':>8}{'x floor':>9}{'CPU us':>8}{'x floor':>9}"]
    lines += [
        f"{name:30}{each.per_second:11,.0f}{each.per_second / loop.per_second:8.1f}"
        f"{each.per_second / floor.per_second:9.2f}{each.cpu_us:8.0f}"
        f"{floor.cpu_us / each.cpu_us:9.2f}"
        for name, each in measured.items()
    ]
    return "\n".join(lines)


def _round(around: Surroundings, running: Sink, messages: int) -> dict[str, Speed]:
    browsers = [Browser(around.origin, f"/m/{number}") for number in range(TURN)]
    sent: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    cpu_seconds: Counter[str] = Counter()
    with ExitStack() as opened:
        sends = {name: opened.enter_context(way(around)) for name, way in WAYS.items()}
        for name, send in sends.items():
            first = browsers[: _share(name, min(messages, WARM_UP))]
            assert set(send([(each.subscription, _payload(uuid4())) for each in first])) == {201}
            assert len(running.take()) == len(first)
        for _ in range(max(1, messages // TURN)):
            for name, send in sends.items():
                turn = browsers[: _share(name, min(messages, TURN))]
                ids = {each.path: uuid4() for each in turn}
                letters = [(each.subscription, _payload(ids[each.path])) for each in turn]
                gc.collect()
                started, cpu_started = time.perf_counter(), time.process_time()
                statuses = send(letters)
                seconds[name] += time.perf_counter() - started
                cpu_seconds[name] += time.process_time() - cpu_started
                sent[name] += len(letters)
                assert statuses == [201] * len(letters), "an answer is missing or odd"
                check(running.take(), {each.path: each for each in turn}, ids, around.origin)
    return {
        name: Speed(sent[name] / seconds[name], cpu_seconds[name] / sent[name] * 1e6)
        for name in WAYS
    }


def _share(name: str, messages: int) -> int:
    return max(1, messages // SLOW_SHARE) if name == LOOP else messages


def check(
    taken: list[Taken], browsers: dict[str, Browser], sent: dict[str, UUID], origin: str
) -> None:
    """Every message arrived once, whole, signed, and only its browser can read it."""
    assert len(taken) == len(sent), f"{len(taken)} messages arrived of {len(sent)}"
    arrived = {}
    for head, body in taken:
        request, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        posted = Posted("POST", request.split(" ")[1], headers, body)
        assert 0 <= TTL_SECONDS - int(headers["ttl"]) < 60  # ours takes off what it waited
        message = browsers[posted.path].decrypt(posted)
        arrived[posted.path] = UUID(message["notification"]["data"]["delivery"])
    assert arrived == sent
    assert posted.claims["aud"] == origin


def _payload(delivery_id: UUID) -> bytes:
    return reminder_payload(
        public_url="https://diary.clinic.example",
        delivery_id=delivery_id,
        block_id=uuid4(),
        assessment_id="hour-1",
        closes_at=datetime.now(UTC) + timedelta(seconds=TTL_SECONDS),
        language="en",
    )


def _cores() -> tuple[set[int], set[int]]:
    """One for us and another for the sink; empty where they cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    cores = sorted(os.sched_getaffinity(0))
    return ({cores[0]}, {cores[-1]}) if len(cores) > 1 else (set(), set())


if __name__ == "__main__":
    main()
