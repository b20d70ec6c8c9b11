"""What one process counts for a monitor (Prometheus). Labels name push services and reasons, never
a person, a clinic or a phone.

Granian's processes and the reminder processes do not share memory and may be on several hosts, so
each keeps its counts in the database with its loop's heartbeat (`storage.loops`); a scrape of any
of them shows all. A process that is killed loses the counts of its last seconds: what became of a
single reminder is in the database itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

#: [sample name, labels, value], as JSON keeps it.
Sample = Sequence[Any]

_SUFFIXES = ("", "_total", "_bucket", "_sum", "_count")
_registry = CollectorRegistry()

_claimed = Counter(
    "block_diary_reminders_claimed", "Due reminders that a loop took in hand", registry=_registry
)
_expired = Counter(
    "block_diary_reminders_expired", "Reminders whose window closed unsent", registry=_registry
)
_sent = Counter(
    "block_diary_reminder_messages_sent",
    "Messages that a push service or mail server took",
    ["push_service"],
    registry=_registry,
)
_failed = Counter(
    "block_diary_reminder_messages_failed",
    "Messages that were not taken, by try",
    ["push_service", "reason"],
    registry=_registry,
)
_lateness = Histogram(
    "block_diary_reminder_lateness_seconds",
    "From when a reminder was due until its message was taken",
    buckets=(1, 2, 4, 8, 15, 30, 60, 120, 300, 900),
    registry=_registry,
)
_receipts = Counter(
    "block_diary_reminder_receipts", "Phones that said they showed a reminder", registry=_registry
)


@dataclass(frozen=True)
class Queue:
    """The queue of reminders as it is now."""

    due: int  #: whose time has come and that nobody has in hand
    planned: int  #: all that is still to do, also later
    oldest_due: timedelta  #: for how long the oldest of those that are due has been
    loop_silent: timedelta | None  #: since any loop was last heard of; None: never


def claimed(reminders: int, expired: int) -> None:
    """A loop looked into the queue."""
    _claimed.inc(reminders)
    _expired.inc(expired)


def taken(push_service: str, late: timedelta) -> None:
    """A push service or the mail server took a message."""
    _sent.labels(push_service).inc()
    _lateness.observe(max(0.0, late.total_seconds()))


def not_taken(push_service: str, reason: str) -> None:
    """One try failed; a later one may not."""
    _failed.labels(push_service, reason).inc()


def receipt() -> None:
    """A phone said that it showed a reminder."""
    _receipts.inc()


def counts() -> list[Sample]:
    """What this process has counted since its start."""
    return [
        [sample.name, dict(sample.labels), sample.value]
        for metric in _registry.collect()
        for sample in metric.samples
        if not sample.name.endswith("_created")
    ]


def exposition(loops: Mapping[str, Iterable[Sample]], queue: Queue) -> bytes:
    """The text that a monitor reads.

    :param loops: by a process's short name, what it has counted; it is in the label `loop`
    """
    families = {
        metric.name: Metric(metric.name, metric.documentation, metric.type)
        for metric in _registry.collect()
    }
    by_sample = {name + suffix: family for name, family in families.items() for suffix in _SUFFIXES}
    for loop, samples in loops.items():
        for name, labels, value in samples:
            if name in by_sample:  # else another version of the program counted it
                by_sample[name].add_sample(name, {**labels, "loop": loop}, value)
    shown = CollectorRegistry()
    shown.register(_Shown([*families.values(), *_gauges(queue)]))
    return generate_latest(shown)


def _gauges(queue: Queue) -> list[Metric]:
    gauges: list[Metric] = [
        GaugeMetricFamily(name, text, value)
        for name, text, value in (
            ("block_diary_reminders_due", "Reminders that should be on their way", queue.due),
            ("block_diary_reminders_planned", "Reminders still to do, also later", queue.planned),
            (
                "block_diary_oldest_due_seconds",
                "How long the oldest due reminder has waited",
                queue.oldest_due.total_seconds(),
            ),
        )
    ]
    if queue.loop_silent is not None:
        gauges.append(
            GaugeMetricFamily(
                "block_diary_loop_silent_seconds",
                "Since any reminder loop was last heard of",
                queue.loop_silent.total_seconds(),
            )
        )
    return gauges


class _Shown(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics
