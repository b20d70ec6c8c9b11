"""Block Diary: a pain diary after a diagnostic facet joint block.

Nothing is imported here before `create_app` runs: the build environment of a wheel has neither
the database nor the sign-in library, and reads `server.web.assets` all the same.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from server.config import Config


def create_app(config: "Config") -> "Flask":
    """Wire one WSGI application; it starts no thread and opens no socket.

    :raises StartRefused: the phone app has not been built
    """
    from flask import Flask

    from server.web import assets, errors, phone_app, security_headers, static_files

    phone_app.check_built()
    app = Flask("server", template_folder="web/templates")
    app.config.update(
        BLOCK_DIARY=config,
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=1_000_000,
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    assets.register(app)
    errors.register(app)
    security_headers.register(app, is_https=config.is_https)
    register_blueprints(app)
    static_files.wrap(app)
    if config.trusted_proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    return app


def register_blueprints(app: "Flask") -> None:
    """Every group of routes, in one place."""
    from server.web import health, phone_app

    app.register_blueprint(phone_app.blueprint)
    app.register_blueprint(health.blueprint)
