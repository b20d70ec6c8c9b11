"""The bundles of the phone app and of the clinic pages, defined once for build and run time.

`pwa/build.py` builds them; a running server only reads the names that were built. This module
imports nothing but Flask-Assets, since the build environment of a wheel has little else.
"""

import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from flask_assets import Bundle, Environment
from webassets.filter import Filter

BUILT = Path(__file__).resolve().parents[1] / "static" / "built"
"""Where the built files lie, inside the package, so that a wheel carries them."""

CHUNKS = "chunks"
"""The folder among them of the scripts that the app's first script asks for, some only when needed."""


class Esbuild(Filter):  # type: ignore[misc]
    """Bundle one entry file by esbuild's native binary (`ESBUILD` in the configuration).

    A flag that ends in `=PRECACHE` gets the list of files that the service worker keeps, one that
    ends in `=WORKER_WORDS` what it says by itself in every language.
    """

    name = "esbuild"
    max_debug_level = None

    def __init__(self, *flags: str) -> None:
        super().__init__()
        self.flags = flags

    def unique(self) -> str:
        return repr(self.flags)

    def input(self, _in: Any, out: Any, source_path: str, **_: Any) -> None:
        out.write(self._run(source_path))

    def _run(self, source_path: str, *more: str) -> str:
        flags = [self._filled(flag) for flag in self.flags]
        command = [
            *(self.ctx.config["ESBUILD"], source_path, "--bundle", "--minify"),
            *("--target=es2022", "--charset=utf8", "--external:/icons/*"),
            "--preserve-symlinks",
            *("--legal-comments=none", "--log-level=warning", *flags, *more),
        ]
        # Names of chunks depend on paths as seen from where esbuild runs.
        return subprocess.check_output(  # noqa: S603
            command, encoding="utf-8", cwd=Path(source_path).parents[1]
        )

    def _filled(self, flag: str) -> str:
        for name in ("PRECACHE", "WORKER_WORDS"):
            if flag.endswith(f"={name}"):
                return flag.removesuffix(name) + json.dumps(self.ctx.config[name])
        return flag


class EsbuildInChunks(Esbuild):
    """Bundle one entry file, with what it imports dynamically in files of their own, named by a
    hash of their content, in the folder `CHUNKS` beside the result."""

    name = "esbuild_in_chunks"

    def input(self, _in: Any, out: Any, source_path: str, **_: Any) -> None:
        with TemporaryDirectory() as folder:
            names = (f"--chunk-names={CHUNKS}/[name].[hash]", "--entry-names=entry")
            self._run(source_path, "--splitting", f"--outdir={folder}", *names)
            shutil.copytree(Path(folder) / CHUNKS, BUILT / CHUNKS)
            out.write((Path(folder) / "entry.js").read_text(encoding="utf-8"))


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
            "app_js": Bundle(
                "src/app.tsx",
                filters=EsbuildInChunks("--format=esm"),
                output="built/app.%(version)s.js",
            ),
            # These two stand in the page itself: see pwa/build.py.
            "first_js": _bundle("src/first/first.ts", "first.%(version)s.js", "--format=iife"),
            "app_css": _bundle("styles/app.css", "app.%(version)s.css"),
            "sw": _bundle(
                "src/worker/sw.ts",
                "sw.js",
                "--format=iife",
                "--define:self.__WB_MANIFEST=PRECACHE",
                "--define:WORKER_TRANSLATIONS=WORKER_WORDS",
                '--define:process.env.NODE_ENV="production"',
            ),
            "clinic_js": _bundle("src/clinic/board.ts", "clinic.%(version)s.js", "--format=esm"),
            "stop_js": _bundle("src/stop/stop.ts", "stop.%(version)s.js", "--format=esm"),
            "access_js": _bundle("src/clinic/access.ts", "access.%(version)s.js", "--format=esm"),
            "clinic_css": _bundle("styles/clinic.css", "clinic.%(version)s.css"),
        }
    )
    return environment


def _bundle(source: str, output: str, *flags: str) -> Bundle:
    return Bundle(source, filters=Esbuild(*flags), output=f"built/{output}")
