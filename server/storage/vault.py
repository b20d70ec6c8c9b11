"""Keeps secrets out of the database: sealed if they are needed again, hashed if only recognised."""

import hashlib
import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealBroken(Exception):
    """Sealed under another SECRET_KEY, or altered since."""

    def __str__(self) -> str:
        return "a sealed value cannot be opened: was SECRET_KEY changed since it was kept?"


class Vault:
    """Two keys, one to seal and one to hash, both derived from the installation's SECRET_KEY."""

    def __init__(self, secret_key: str) -> None:
        if not secret_key:
            raise ValueError("SECRET_KEY is empty")
        self._fernet = Fernet(urlsafe_b64encode(_derive(secret_key, b"block-diary seal")))
        self._hash_key = _derive(secret_key, b"block-diary hash")

    def seal(self, text: str) -> str:
        """Encrypted and signed; another text each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that `seal` was given.

        :raises SealBroken: it was sealed under another key, or altered
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise SealBroken from None

    def hash(self, kind: str, text: str) -> str:
        """HMAC-SHA256 in hexadecimal, the same each time for one kind and text.

        To be looked up by equality in the database: who lacks the key cannot steer how much of
        a guess agrees, so the time that the comparison takes tells nothing. `kind` keeps equal
        texts of different meaning apart, such as "token", "code", "cookie" and "endpoint".
        """
        message = kind.encode() + b"\0" + text.encode(errors="surrogatepass")
        return hmac.new(self._hash_key, message, hashlib.sha256).hexdigest()


def _derive(secret_key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret_key.encode())
