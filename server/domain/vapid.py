"""The contact address that every push message carries (the `sub` claim of VAPID)."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from server.domain.errors import Invalid

RESERVED = frozenset(
    {"localhost", "localdomain", "local", "internal", "example", "invalid", "test"}
    | {"example.com", "example.net", "example.org"}
)
"""Names that can reach nobody, by themselves and as the end of a longer name (RFC 2606, 6762)."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]+@([^@]+)")


def check_subject(subject: str) -> None:
    """Refuse a contact that push services refuse, or that nobody answers.

    :param subject: `mailto:name@host` or `https://host/...`, where the host is a public name
    :raises Invalid: it is something else; Apple answers such a contact with 403 BadJwtToken

    Source: RFC 8292 §2.1; the names that cannot be public are those of RFC 2606 and 6762.
    """
    host = _host(subject)
    if _is_address(host):
        raise Invalid("subject", f"{host} is a number; name the host")
    labels = host.lower().split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Invalid("subject", f"{host or 'its host'} is not a public host name")
    if any(".".join(labels[start:]) in RESERVED for start in range(len(labels))):
        raise Invalid("subject", f"{host} can reach nobody")


def _host(subject: str) -> str:
    if subject.startswith("mailto:"):
        mail = _MAIL.fullmatch(subject.removeprefix("mailto:"))
        if mail:
            return mail[1]
        raise Invalid("subject", "after mailto: comes one address, such as mailto:name@host")
    if subject.startswith("https://") and not re.search(r"\s", subject):
        try:
            parts = urlsplit(subject)
        except ValueError:
            raise Invalid("subject", "it is not a web address") from None
        if "@" not in parts.netloc:
            return parts.hostname or ""
    raise Invalid("subject", "give mailto:name@host or https://host/ of whoever runs this server")


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host.rpartition(".")[2].isdigit()
    return True
