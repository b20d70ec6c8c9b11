"""Where a clinic may have its finished reports sent, when they are tried again, what answers mean.

The address is typed by an administrator and then called by our server: as with push services, it
must not become a way into the network that the server stands in (SSRF).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from server.domain.errors import Invalid

#: A FHIR server gets the block as a transaction; a webhook is told that there is a report.
Kind = Literal["fhir", "webhook"]
MOST_CHARACTERS = 1_000

_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# As for push endpoints: nothing that two URL parsers could read in two ways; no query either,
# since that is where secrets are put, which then end in logs.
_ADDRESS = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?:/[!$-.0-9:;=@A-Z_a-z~/%]*)?",
    re.IGNORECASE | re.ASCII,
)
_THIS_MACHINE = re.compile(r"localhost|127(\.[0-9]{1,3}){3}")

#: After the first, second ... try that failed. About three days, a long weekend.
RETRIES = tuple(
    timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720, 720, 720, 720, 720)
)


@dataclass(frozen=True)
class Address:
    """An address that may be called."""

    url: str  #: without a slash at the end
    inside: bool  #: may its host be in our own network?


def address(url: str, inside_hosts: Collection[str]) -> Address:
    """An address as a clinic typed it.

    :param inside_hosts: hosts that the installation allows in its own network, as `host` (any
        port) or `host:port`; on this machine itself they may be called without TLS
    :raises Invalid: it is odd, or it has no TLS
    """
    url = url.strip().rstrip("/")
    parts = _ADDRESS.fullmatch(url) if len(url) <= MOST_CHARACTERS else None
    if parts is None or int(parts["port"] or 0) > 65_535:
        raise Invalid("url", "is not an address such as https://fhir.hospital.org/r4")
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    port = parts["port"] or {"http": "80", "https": "443"}[scheme]
    inside = host in inside_hosts or f"{host}:{port}" in inside_hosts
    if scheme != "https" and not (inside and _THIS_MACHINE.fullmatch(host)):
        raise Invalid("url", "has to begin with https://, since it carries patients’ data")
    return Address(url, inside)


@dataclass(frozen=True)
class Outcome:
    """What became of one try: `problem` None if the report was taken.

    `again` tells whether trying again by itself is of use.
    """

    problem: str | None
    again: bool = False


def outcome(status: int | None, problem: str | None, understood: bool) -> Outcome:
    """What an answer means.

    Time-outs, faults of the server (5xx), 408, 425 and 429 pass; any other refusal will be said
    again until somebody changes something. Source: RFC 9110, section 15; FHIR R4, http, 3.1.0.11.

    :param status: None: no answer came, and `problem` says why
    :param understood: is the body one with which such a target says yes? A FHIR server answers a
        transaction with a Bundle; a sign-in page or a proxy says 200 as well
    """
    if status is None:
        return Outcome(problem or "unreachable", again=problem != "address_forbidden")
    if 200 <= status <= 299:
        return Outcome(None) if understood else Outcome("not_fhir", again=True)
    if 300 <= status <= 399:
        return Outcome("redirected")
    return Outcome(f"status_{status}", again=status >= 500 or status in (408, 425, 429))


def retry_after(tries: int) -> timedelta | None:
    """How long to wait after so many tries (1: the first) failed; None: no more by itself."""
    return RETRIES[tries - 1] if tries <= len(RETRIES) else None
