"""Which push services a message may be sent to.

An endpoint is an address that a browser gives us and that our server then calls: without a list
of known services, anybody could make the server call whatever it can reach (SSRF).
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

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
    :param extra_hosts: further hosts, as `host` (any port) or `host:port`; on this machine itself
        they may be called without TLS
    :raises PushServiceUnknown: the endpoint is odd, or its host is not allowed
    """
    parts = _ENDPOINT.fullmatch(endpoint) if len(endpoint) <= MOST_CHARACTERS else None
    if parts is None:
        raise PushServiceUnknown("This browser's push address is not one that we can use.")
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    default_port = _DEFAULT_PORTS[scheme]
    port = int(parts["port"] or default_port)
    secure = scheme == "https" or _is_this_machine(host)
    extra = host in extra_hosts or f"{host}:{port}" in extra_hosts
    known = scheme == "https" and port == default_port and _is_browsers_own(host)
    if not ((extra and secure) or known):
        raise PushServiceUnknown(
            f"The push service {host} is not one that we know; ask your clinic to allow it."
        )
    return f"{scheme}://{host}" + ("" if port == default_port else f":{port}")


def may_be_inside(service: str, extra_hosts: Collection[str]) -> bool:
    """May the push service, an origin from `push_service`, be in our own network?

    Only one that the settings name: whoever runs the server may have one there. The browsers'
    own are outside, whatever a name server says.
    """
    scheme, _, netloc = service.partition("://")
    host, _, port = netloc.partition(":")
    return host in extra_hosts or f"{host}:{port or _DEFAULT_PORTS[scheme]}" in extra_hosts


_INSIDE = [
    ip_network(each)
    for each in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7"),
    )
]
_IPV4_BEHIND_IPV6 = ip_network("64:ff9b::/96")  # how an IPv6-only network reaches IPv4


def may_connect(address: str, *, inside: bool) -> bool:
    """May a message be sent to this IP address, which a push service's name resolved to?

    Public addresses only, and those of our own network (this machine's, private ones) for a
    service that may be there. Never link-local ones, where clouds keep their machines' secrets.

    :param inside: from `may_be_inside`
    """
    ip = _as_reached(ip_address(address))
    if ip is None:
        return False
    if any(ip in network for network in _INSIDE):
        return inside
    odd = ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local
    return ip.is_global and not odd and not (ip.version == 6 and ip.is_site_local)


def _as_reached(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address | None:
    """The address that is really reached; None: one of a tunnel, which may lead anywhere."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.sixtofour or ip.teredo:
        return None
    if ip in _IPV4_BEHIND_IPV6:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host) is not None


def _is_browsers_own(host: str) -> bool:
    return any(
        host.endswith(known) if known.startswith(".") else host == known for known in PUSH_HOSTS
    )
