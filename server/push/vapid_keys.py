"""The key pair by which push services know this installation (VAPID, RFC 8292).

A browser's subscription is bound to the public key: another key would lose every phone, so it is
made once and kept for the installation's life.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from server.storage import installation_keys
from server.storage.db import Database
from server.storage.vault import Vault


@dataclass(frozen=True)
class VapidKeys:
    """A P-256 key pair."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def application_server_key(self) -> str:
        """The public key as browsers want it: the uncompressed point in base64url, unpadded."""
        point = self.private_key.public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint
        )
        return urlsafe_b64encode(point).rstrip(b"=").decode()


def vapid_keys(database: Database, vault: Vault, now: datetime) -> VapidKeys:
    """This installation's keys, made on its first start.

    :raises SealBroken: they were kept under another SECRET_KEY
    """
    with database.transaction() as session:
        pem = installation_keys.kept(session, vault, "vapid", _new_private_key, now)
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the kept VAPID key is not one of an elliptic curve")
    return VapidKeys(key)


def _new_private_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
