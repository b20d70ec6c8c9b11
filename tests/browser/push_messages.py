"""What a push service sees of a message: its headers, who signed it, and how long it keeps it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

#: Sizes and times that real push services enforce (RFC 8030 section 7.2, RFC 8292 section 2).
LONGEST_BODY_BYTES = 4096
LONGEST_VAPID_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Vapid:
    """Who says to have sent a message (RFC 8292): the `Authorization` header, taken apart and checked."""

    claims: dict[str, Any]
    #: The sender's public key as in the header: base64url, no padding.
    key: str
    #: What is wrong with it; empty when the signature is the key's and the claims hold.
    problem: str


@dataclass(frozen=True)
class PushPost:
    """One POST to an endpoint, as it came, and what it was answered with."""

    endpoint: str
    headers: Mapping[str, str]
    body: bytes
    vapid: Vapid | None
    #: None while the answer is being kept back.
    status: int | None
    #: The decrypted message, for a subscription that the stand-in made itself; None for a browser's.
    text: str | None = field(default=None)

    @property
    def ttl(self) -> int | None:
        """Seconds to keep the message; None when the header is missing or not a number."""
        value = self.headers.get("TTL", "")
        return int(value) if value.isdigit() else None

    @property
    def topic(self) -> str | None:
        """The `Topic` header."""
        return self.headers.get("Topic")

    @property
    def urgency(self) -> str | None:
        """The `Urgency` header."""
        return self.headers.get("Urgency")

    @property
    def content_encoding(self) -> str | None:
        """The `Content-Encoding` header."""
        return self.headers.get("Content-Encoding")


def read_vapid(authorization: str | None, audience: str, now: float) -> Vapid | None:
    """Take the header apart and check it; None when there is none.

    `audience` is the push service's origin and `now` is in seconds since 1970.
    """
    if not authorization:
        return None
    scheme, _, rest = authorization.partition(" ")
    parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    token, key = parts.get("t", ""), parts.get("k", "")
    if scheme.lower() != "vapid" or token.count(".") != 2 or not key:
        return Vapid({}, key, "not of the form: vapid t=…, k=…")
    signed, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(decode(piece)) for piece in signed.split("."))
        public_key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), decode(key))
    except ValueError:
        return Vapid({}, key, "token or key cannot be read")
    return Vapid(
        claims,
        key,
        _problem(header, claims, audience, now) or _forged(public_key, signed, signature),
    )


def _problem(header: dict[str, Any], claims: dict[str, Any], audience: str, now: float) -> str:
    expires = claims.get("exp", 0)
    if header.get("alg") != "ES256":
        return "not signed with ES256"
    if claims.get("aud") != audience:
        return f"aud is {claims.get('aud')}, not {audience}"
    if not now < expires <= now + LONGEST_VAPID_SECONDS:
        return "exp is past or more than 24 hours away"
    if not str(claims.get("sub", "mailto:")).startswith(("mailto:", "https:")):
        return "sub is neither mailto: nor https:"
    return ""


def _forged(key: EllipticCurvePublicKey, signed: str, signature: str) -> str:
    raw = decode(signature)
    both = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    try:
        key.verify(both, signed.encode(), ECDSA(SHA256()))
    except InvalidSignature:
        return "the signature is not the key's"
    return ""


def decode(text: str) -> bytes:
    """Bytes from base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
