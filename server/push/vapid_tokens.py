"""The signature by which a push service knows who sends (VAPID, RFC 8292)."""

from datetime import datetime, timedelta

from py_vapid import Vapid02

from server.push.vapid_keys import VapidKeys

_LIFE = timedelta(hours=12)  # push services refuse more than 24 h
_RENEWAL = timedelta(hours=1)
_MOST_KEPT = 1_000


class VapidTokens:
    """One signature for each push service, made twice a day and not for every message."""

    def __init__(self, keys: VapidKeys, subject: str) -> None:
        # The subject was checked at start; py_vapid's own check refuses an https one with a path.
        self._vapid = Vapid02(keys.private_key, conf={"no-strict": True})
        self._subject = subject
        self._kept: dict[str, tuple[datetime, str]] = {}

    def header(self, service: str, now: datetime) -> str:
        """The whole header line for a push service, an origin."""
        expires_at, header = self._kept.get(service, (now, ""))
        if not _RENEWAL < expires_at - now <= _LIFE:
            expires_at = now + _LIFE
            claims = {"aud": service, "exp": int(expires_at.timestamp()), "sub": self._subject}
            header = f"Authorization: {self._vapid.sign(claims)['Authorization']}"
            if len(self._kept) >= _MOST_KEPT:  # names below a service's own are without number
                self._kept.clear()
            self._kept[service] = (expires_at, header)
        return header
