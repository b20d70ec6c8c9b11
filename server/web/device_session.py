"""Which phone a request comes from: a secret in a cookie that scripts and other sites never see."""

from flask import Request, Response
from sqlalchemy.orm import Session

from server.config import Config
from server.storage import enrolments
from server.storage.models import Device
from server.storage.vault import Vault
from server.web.refusals import refuse

#: Browsers keep no cookie longer; each sync renews it.
MAX_AGE_SECONDS = 400 * 24 * 60 * 60


def cookie_name(config: Config) -> str:
    """`__Host-` binds the cookie to this very host; browsers take it over https only."""
    return "__Host-diary" if config.is_https else "diary"


def keep(response: Response, config: Config, secret: str) -> None:
    """Set or renew the cookie."""
    response.set_cookie(
        cookie_name(config),
        secret,
        max_age=MAX_AGE_SECONDS,
        path="/",
        secure=config.is_https,
        httponly=True,
        samesite="Strict",
    )


def renew(response: Response, request: Request, config: Config) -> None:
    """Set the cookie that came with the request once more, so that it lives on."""
    keep(response, config, request.cookies[cookie_name(config)])


def end(response: Response, config: Config) -> None:
    """Take the cookie away."""
    response.delete_cookie(
        cookie_name(config), path="/", secure=config.is_https, httponly=True, samesite="Strict"
    )


def device(session: Session, request: Request, config: Config, vault: Vault) -> Device:
    """The phone whose cookie came with the request; the request ends with 401 if there is none
    or it is no longer let in."""
    secret = request.cookies.get(cookie_name(config), "")
    found = enrolments.device_of_secret(session, vault, secret) if secret else None
    if found is None:
        refuse(
            401,
            "not_enrolled",
            "This phone is not connected to your clinic. What you recorded stays on it."
            " Scan your sheet or type its code; if that fails, call your clinic for a new one.",
        )
    return found
