"""The bundles of the phone app and of the clinic pages, defined once for build and run time.

`pwa/build.py` builds them; a running server only reads the names that were built. This module
imports nothing but Flask-Assets, since the build environment of a wheel has little else.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

from flask import Flask
from flask_assets import Bundle, Environment
from webassets.filter import Filter

BUILT = Path(__file__).resolve().parents[1] / "static" / "built"
"""Where the built files lie, inside the package, so that a wheel carries them."""


class Esbuild(Filter):  # type: ignore[misc]
    """Bundle one entry file by esbuild's native binary (`ESBUILD` in the configuration).

    A flag that ends in `=PRECACHE` gets the list of files that the service worker keeps.
    """

    name = "esbuild"
    max_debug_level = None

    def __init__(self, *flags: str) -> None:
        super().__init__()
        self.flags = flags

    def unique(self) -> str:
        return repr(self.flags)

    def input(self, _in: Any, out: Any, source_path: str, **_: Any) -> None:
        flags = [flag.replace("=PRECACHE", "=" + self._precache()) for flag in self.flags]
        command = [
            *(self.ctx.config["ESBUILD"], source_path, "--bundle", "--minify"),
            *("--target=es2022", "--charset=utf8", "--external:/icons/*"),
            *("--legal-comments=none", "--log-level=warning", *flags),
        ]
        out.write(subprocess.check_output(command, encoding="utf-8"))  # noqa: S603

    def _precache(self) -> str:
        return json.dumps(self.ctx.config.get("PRECACHE", []))


def register(app: Flask) -> Environment:
    """Give the app its bundles, whose built names are read from the manifest."""
    app.config.update(
        ASSETS_DEBUG=False,
        ASSETS_AUTO_BUILD=False,
        ASSETS_CACHE=False,
        ASSETS_URL_EXPIRE=False,
        ASSETS_MANIFEST=f"json:{BUILT / 'assets.json'}",
    )
    environment = Environment(app)
    environment.register(
        {
            "app_js": _bundle("src/app.tsx", "app.%(version)s.js", "--format=esm"),
            "app_css": _bundle("styles/app.css", "app.%(version)s.css"),
            "sw": _bundle(
                "src/worker/sw.ts",
                "sw.js",
                "--format=iife",
                "--define:self.__WB_MANIFEST=PRECACHE",
                '--define:process.env.NODE_ENV="production"',
            ),
            "clinic_js": _bundle("src/clinic/board.ts", "clinic.%(version)s.js", "--format=esm"),
            "access_js": _bundle("src/clinic/access.ts", "access.%(version)s.js", "--format=esm"),
            "clinic_css": _bundle("styles/clinic.css", "clinic.%(version)s.css"),
        }
    )
    return environment


def _bundle(source: str, output: str, *flags: str) -> Bundle:
    return Bundle(source, filters=Esbuild(*flags), output=f"built/{output}")
