"""Which push services a message may be sent to.

An endpoint is an address that a browser gives us and that our server then calls: without a list
of known services, anybody could make the server call whatever it can reach (SSRF).
"""

import re
from collections.abc import Collection

from server.domain.errors import DomainError

#: The browsers' own push services; a leading dot allows every name below it.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "jmt17.google.com",  # the same service, for builds of Chromium other than Google's
    ".push.apple.com",
    ".push.services.mozilla.com",
    ".notify.windows.com",
)
MOST_CHARACTERS = 2_048

# Nothing that two URL parsers could read in two ways: no user, no backslash, no escape or
# non-ASCII letter in the host, no space or control character anywhere.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ENDPOINT = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"/[!$-\[\]^_`a-z{|}~]*",
    re.IGNORECASE | re.ASCII,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class PushServiceUnknown(DomainError):
    """The endpoint is not one of a known push service."""

    code = "push_service_unknown"


def push_service(endpoint: str, extra_hosts: Collection[str] = ()) -> str:
    """The origin of the push service that an endpoint belongs to, such as
    `https://fcm.googleapis.com`.

    :param endpoint: the address that the browser's subscription names
    :param extra_hosts: further hosts, as `host` (any port) or `host:port`; these alone may be
        called without TLS
    :raises PushServiceUnknown: the endpoint is odd, or its host is not allowed
    """
    parts = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= MOST_CHARACTERS else None
    if parts is None:
        raise PushServiceUnknown("This browser's push address is not one that we can use.")
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    default_port = _DEFAULT_PORTS[scheme]
    port = int(parts["port"] or default_port)
    extra = host in extra_hosts or f"{host}:{port}" in extra_hosts
    known = scheme == "https" and port == default_port and _is_browsers_own(host)
    if not (extra or known):
        raise PushServiceUnknown(
            f"The push service {host} is not one that we know; ask your clinic to allow it."
        )
    return f"{scheme}://{host}" + ("" if port == default_port else f":{port}")


def _is_browsers_own(host: str) -> bool:
    return any(
        host.endswith(known) if known.startswith(".") else host == known for known in PUSH_HOSTS
    )
