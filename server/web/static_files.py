"""Built files with hashed names, served compressed and for ever; icons under `/icons/`."""

from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from server.web import security_headers
from server.web.assets import BUILT

HASHED = r"/built/(chunks/)?[^/]+\.[0-9A-Za-z]{8}\.(js|css|json)$"


def wrap(app: Flask, *, is_https: bool) -> None:
    """Put the file server in front of the app; it sees every request first."""
    always = security_headers.for_static_files(is_https=is_https)

    def add_headers(headers: Any, _path: str, _url: str) -> None:
        for name, value in always.items():
            headers[name] = value

    files = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=HASHED,
        allow_all_origins=False,
        add_headers_function=add_headers,
    )
    files.add_files(str(BUILT), prefix="static/built/")
    files.add_files(str(BUILT / "icons"), prefix="icons/")
    app.wsgi_app = files  # type: ignore[method-assign]
