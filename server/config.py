"""The settings, read once from the environment; an odd one stops the start."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from server.domain.errors import Invalid
from server.domain.vapid import check_subject

Environment = Literal["development", "production"]
SmtpTls = Literal["starttls", "tls", "none"]

SECRET_KEY_MIN_CHARACTERS = 32
METRICS_TOKEN_MIN_CHARACTERS = 16
_HOST = re.compile(r"[a-z0-9.-]+(:[1-9][0-9]{0,4})?")
_SMTP_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:]+")
DEVELOPMENT_SUBJECT = "mailto:developer@block-diary.example"
"""Stated in every push of a development server; production wants somebody who answers."""


class StartRefused(Exception):
    """The server must not start like this; the message is one line for whoever starts it."""


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """The mail server that takes e-mail reminders."""

    host: str
    port: int
    tls: SmtpTls
    """`starttls` and `tls` check the server's certificate; `none` is for this machine alone."""
    sender: str
    """The address that the e-mails come from."""
    user: str | None
    """None: the server wants no sign-in."""
    password: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Config:
    """What one server is told about its surroundings. Secrets do not show in its `repr`."""

    environment: Environment
    data_dir: Path
    """Holds the SQLite database, the keys made on first start and the lock file."""
    database_url: str = field(repr=False)
    """For SQLAlchemy: `sqlite:///...` or `postgresql+psycopg://...`."""
    secret_key: str = field(repr=False)
    public_url: str
    """Where people reach the server: scheme, host and port, without a slash at the end."""
    vapid_subject: str
    push_extra_hosts: frozenset[str]
    """Push hosts allowed besides the browsers' own."""
    report_inside_hosts: frozenset[str] = frozenset()
    """Hosts in our own network to which clinics may have reports sent."""
    smtp: Smtp | None = None
    """None: no e-mail is sent."""
    metrics_token: str | None = field(default=None, repr=False)
    """What a monitor must show at `/metrics`; None: there is no such page."""
    host: str
    port: int
    trusted_proxies: int
    """How many reverse proxies in front set `X-Forwarded-*`; 0: none is believed."""

    @property
    def is_embedded(self) -> bool:
        """Is the database SQLite's, in a file that belongs to this one server?"""
        return self.database_url.startswith("sqlite:")

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https:")


def load(environ: Mapping[str, str], *, default: Environment) -> Config:
    """Read the settings. In development the secret key is made on first use and kept.

    :param default: the environment where BLOCK_DIARY_ENV does not say
    :raises StartRefused: a setting is missing or odd; the message names it and what to do
    """
    environment = _environment(environ.get("BLOCK_DIARY_ENV", ""), default)
    production = environment == "production"
    data_dir = Path(environ.get("BLOCK_DIARY_DATA") or "data").absolute()
    port = _whole_number("PORT", environ.get("PORT") or "8000", least=1, most=65535)
    return Config(
        environment=environment,
        data_dir=data_dir,
        database_url=_database_url(environ.get("DATABASE_URL", ""), data_dir),
        secret_key=_secret_key(environ.get("SECRET_KEY", ""), data_dir, production),
        public_url=_public_url(environ.get("PUBLIC_URL", ""), port, production),
        vapid_subject=_vapid_subject(environ.get("VAPID_SUBJECT", ""), production),
        push_extra_hosts=_hosts(environ, "PUSH_EXTRA_HOSTS"),
        report_inside_hosts=_hosts(environ, "REPORT_INSIDE_HOSTS"),
        smtp=_smtp(environ),
        metrics_token=_metrics_token(environ.get("METRICS_TOKEN", "")),
        host=_address(environ.get("HOST") or "127.0.0.1"),
        port=port,
        trusted_proxies=_whole_number(
            "TRUSTED_PROXIES", environ.get("TRUSTED_PROXIES") or "0", least=0, most=9
        ),
    )


def _environment(value: str, default: Environment) -> Environment:
    if value == "":
        return default
    for known in get_args(Environment):
        if value == known:
            return cast(Environment, known)
    raise StartRefused(f"BLOCK_DIARY_ENV is {value!r}: give development or production")


def _whole_number(name: str, value: str, *, least: int, most: int) -> int:
    if value.isascii() and value.isdigit() and least <= int(value) <= most:
        return int(value)
    raise StartRefused(f"{name} is {value!r}: give a whole number from {least} to {most}")


def _address(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError:
        raise StartRefused(
            f"HOST is {value!r}: give an address of this machine, such as 127.0.0.1 or 0.0.0.0"
        ) from None


def _database_url(value: str, data_dir: Path) -> str:
    if value == "":
        return f"sqlite:///{data_dir / 'block-diary.sqlite3'}"
    scheme, separator, rest = value.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and ":memory:" not in rest and rest != "/":
        return value
    if scheme in ("postgresql", "postgres", "postgresql+psycopg") and separator and rest:
        return f"postgresql+psycopg://{rest}"
    # The value may hold a password: it is not repeated.
    raise StartRefused(
        "DATABASE_URL is of no known kind: give postgresql://user@host/name,"
        " sqlite:///file, or leave it out to keep a file in BLOCK_DIARY_DATA"
    )


def _secret_key(value: str, data_dir: Path, production: bool) -> str:
    if value == "" and not production:
        value = _kept_secret(data_dir / "secret_key")
    if value == "":
        raise StartRefused(
            "SECRET_KEY is missing: production needs one of its own, kept across restarts;"
            " make it with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    if len(value) < SECRET_KEY_MIN_CHARACTERS:
        raise StartRefused(
            f"SECRET_KEY has {len(value)} characters: give at least {SECRET_KEY_MIN_CHARACTERS}"
        )
    return value


def _kept_secret(file: Path) -> str:
    """The secret of an earlier start, or else a new one that only its owner can read."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return file.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secret := secrets.token_urlsafe(48))
    except (OSError, UnicodeDecodeError) as error:
        raise StartRefused(
            f"BLOCK_DIARY_DATA is {file.parent}: its secret_key cannot be kept there ({error});"
            " name a folder that can be written"
        ) from error
    return secret


def _public_url(value: str, port: int, production: bool) -> str:
    if value == "" and not production:
        return f"http://localhost:{port}"
    if value == "":
        raise StartRefused("PUBLIC_URL is missing: give the address that phones use, https://...")
    try:
        parts = urlsplit(value)
        well_formed = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        well_formed = False
    if not well_formed or value.rstrip("/") != f"{parts.scheme}://{parts.netloc}":
        well_formed = False
    if not well_formed or "@" in value or parts.scheme not in ("http", "https"):
        raise StartRefused(f"PUBLIC_URL is {value!r}: give scheme and host, as in https://host")
    if production and parts.scheme != "https":
        raise StartRefused(
            f"PUBLIC_URL is {value!r}: production needs https://, since phones keep no diary"
            " and get no reminder without it"
        )
    return f"{parts.scheme}://{parts.netloc}".lower()


def _vapid_subject(value: str, production: bool) -> str:
    if value == "" and not production:
        return DEVELOPMENT_SUBJECT
    if value == "":
        raise StartRefused(
            "VAPID_SUBJECT is missing: give a contact that push services can reach,"
            " mailto:name@host or https://host/"
        )
    try:
        check_subject(value)
    except Invalid as error:
        raise StartRefused(
            f"VAPID_SUBJECT is {value!r}: {error.problem}; push services refuse it"
        ) from None
    return value


def _hosts(environ: Mapping[str, str], name: str) -> frozenset[str]:
    value = environ.get(name, "")
    hosts = [host.strip().lower() for host in value.split(",") if host.strip()]
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise StartRefused(f"{name} has {host!r}: give host or host:port, with commas between")
    return frozenset(hosts)


_SMTP = ("SMTP_HOST", "SMTP_PORT", "SMTP_TLS", "SMTP_FROM", "SMTP_USER", "SMTP_PASSWORD")
_SMTP_PORTS: dict[SmtpTls, str] = {"starttls": "587", "tls": "465", "none": "25"}
_MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]*[A-Za-z0-9]")


def _smtp(environ: Mapping[str, str]) -> Smtp | None:
    given = {name: environ.get(name, "") for name in _SMTP}
    if not any(given.values()):
        return None
    for name in ("SMTP_HOST", "SMTP_FROM"):
        if not given[name]:
            raise StartRefused(
                f"{name} is missing: e-mail reminders need SMTP_HOST and SMTP_FROM; give both,"
                " or no setting that begins with SMTP_"
            )
    if bool(given["SMTP_USER"]) != bool(given["SMTP_PASSWORD"]):
        missing = "SMTP_PASSWORD" if given["SMTP_USER"] else "SMTP_USER"
        raise StartRefused(f"{missing} is missing: give SMTP_USER and SMTP_PASSWORD, or neither")
    host, sender = given["SMTP_HOST"], given["SMTP_FROM"]
    if not _SMTP_HOST.fullmatch(host):
        raise StartRefused(f"SMTP_HOST is {host!r}: give the mail server's name, without a port")
    if not _MAIL_ADDRESS.fullmatch(sender):
        raise StartRefused(f"SMTP_FROM is {sender!r}: give one address, as in diary@clinic.org")
    tls = _smtp_tls(given["SMTP_TLS"], host)
    port = _whole_number("SMTP_PORT", given["SMTP_PORT"] or _SMTP_PORTS[tls], least=1, most=65535)
    user, password = given["SMTP_USER"] or None, given["SMTP_PASSWORD"] or None
    return Smtp(host=host, port=port, tls=tls, sender=sender, user=user, password=password)


def _smtp_tls(value: str, host: str) -> SmtpTls:
    for known in get_args(SmtpTls):
        if (value or "starttls") == known:
            if known == "none" and host not in ("localhost", "127.0.0.1", "::1"):
                break
            return cast(SmtpTls, known)
    raise StartRefused(
        f"SMTP_TLS is {value!r}: give starttls or tls; none is only for a mail server on this"
        " machine, SMTP_HOST=localhost"
    )


def _metrics_token(value: str) -> str | None:
    if value and (len(value) < METRICS_TOKEN_MIN_CHARACTERS or not re.fullmatch(r"[!-~]+", value)):
        raise StartRefused(
            f"METRICS_TOKEN: give at least {METRICS_TOKEN_MIN_CHARACTERS} letters, digits and"
            " signs, without spaces"
        )
    return value or None
