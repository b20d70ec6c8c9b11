"""Block Diary: a pain diary after a diagnostic facet joint block.

Nothing is imported here before `create_app` runs: the build environment of a wheel has neither
the database nor the sign-in library, and reads `server.web.assets` all the same.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from server.config import Config
    from server.web.context import Clock, Services


def create_app(config: "Config", clock: "Clock | None" = None) -> "Flask":
    """Wire one WSGI application; it starts no thread and opens no socket.

    :param clock: gives the moment of each request; the machine's if None
    :raises StartRefused: the phone app has not been built
    """
    from flask import Flask

    from server.web import (
        assets,
        clinic,
        context,
        errors,
        phone_app,
        redeem_limits,
        security_headers,
        static_files,
    )

    phone_app.check_built()
    app = Flask("server", template_folder="web/templates")
    app.config.update(
        BLOCK_DIARY=config,
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=1_000_000,
    )
    # Either would redirect to an absolute address made of the request's own Host.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False
    assets.register(app)
    errors.register(app)
    services = _services(config, clock or context.utc_now)
    context.register(app, services)
    redeem_limits.limiter.init_app(app)
    security_headers.register(app, is_https=config.is_https)
    register_blueprints(app)
    clinic.register(app, services)
    static_files.wrap(app, is_https=config.is_https)
    if config.trusted_proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app


def _services(config: "Config", clock: "Clock") -> "Services":
    from server.push.vapid_keys import vapid_keys
    from server.storage.db import Database
    from server.storage.vault import Vault
    from server.web.context import Services

    database, vault = Database(config.database_url), Vault(config.secret_key)

    @cache
    def application_server_key() -> str:
        return vapid_keys(database, vault, clock()).application_server_key

    return Services(config, database, vault, clock, application_server_key)


def register_blueprints(app: "Flask") -> None:
    """Every group of routes, in one place."""
    from server.web import alarms, monitoring, openapi, phone_api, phone_app, stop_page
    from server.web.fhir import api

    app.register_blueprint(phone_app.blueprint)
    app.register_blueprint(phone_api.blueprint)
    app.register_blueprint(openapi.blueprint)
    app.register_blueprint(monitoring.blueprint)
    app.register_blueprint(stop_page.blueprint)
    app.register_blueprint(alarms.blueprint)
    app.register_blueprint(api.blueprint)
