"""Built files with hashed names, served compressed and for ever; icons under `/icons/`."""

from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from server.web.assets import BUILT

HASHED = r"/built/[^/]+\.[0-9a-f]{8}\.(js|css)$"


def wrap(app: Flask) -> None:
    """Put the file server in front of the app; it sees every request first."""
    files = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=HASHED,
        allow_all_origins=False,
        add_headers_function=_add_headers,
    )
    files.add_files(str(BUILT), prefix="static/built/")
    files.add_files(str(BUILT / "icons"), prefix="icons/")
    app.wsgi_app = files  # type: ignore[method-assign]


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
