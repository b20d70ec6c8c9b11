"""What every handler works with: the settings, the database, the vault and the one clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import Flask, current_app, g

from server.config import Config
from server.storage.db import Database
from server.storage.vault import Vault

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Services:
    """The surroundings of one app. `application_server_key` gives the public VAPID key; it may
    open a transaction of its own, so it is not to be called inside one."""

    config: Config
    database: Database
    vault: Vault
    clock: Clock
    application_server_key: Callable[[], str]


def utc_now() -> datetime:
    """The clock of a real server."""
    return datetime.now(UTC)


def register(app: Flask, services: Services) -> None:
    """Give the app its surroundings, and each request one moment: `g.now`."""
    app.extensions["block_diary"] = services

    @app.before_request
    def take_the_time() -> None:
        g.now = services.clock()


def services() -> Services:
    """The surroundings of the app that answers this request."""
    return cast(Services, current_app.extensions["block_diary"])


def now() -> datetime:
    """The moment of this request, aware and in UTC."""
    return cast(datetime, g.now)
