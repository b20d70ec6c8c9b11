"""A new version of the phone app, built by the real build from altered sources, and its deployment."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.web import phone_app, static_files
from server.web.assets import BUILT
from tests.browser.diary_server import DiaryServer

ROOT = BUILT.parents[2]
#: Words are in the page and in catalogues, not in the scripts: their own addresses need other code.
CHANGED = {
    "views/now.tsx": {
        "You can rate at any time, above all when the pain changes.": " New.",
        'class="lead': " new",
    },
    "views/help.tsx": {"Nobody watches this diary live.": " New.", 'class="urgent': " new"},
    # Its store is one version newer, with a part that this one does not know.
    "store/database.ts": {"const VERSION = 1": " + 1"},
    "store/diary-store.ts": {
        "(database, oldVersion) => {": " if (oldVersion < 2) database.createObjectStore('later' as never);"
    },
}


def new_build(folder: Path) -> Path:
    """Build the app in a copy of the tree, with words of both its scripts changed and a newer store.

    :return: the folder of the built files
    """
    pwa = folder / "pwa"
    shutil.copytree(ROOT / "pwa", pwa, ignore=shutil.ignore_patterns("node_modules"))
    (pwa / "node_modules").symlink_to(ROOT / "pwa" / "node_modules")
    shutil.copytree(
        ROOT / "server", folder / "server", ignore=shutil.ignore_patterns("built", "__pycache__")
    )
    for name, additions in CHANGED.items():
        changed = pwa / "src" / name
        source = changed.read_text(encoding="utf-8")
        for text, more in additions.items():
            assert text in source
            source = source.replace(text, text + more)
        changed.write_text(source, encoding="utf-8")
    subprocess.run([sys.executable, pwa / "build.py"], check=True, capture_output=True)
    return folder / "server" / "static" / "built"


def deploy(server: DiaryServer, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the server and start it again with other built files; the old ones are gone."""
    server.stop()
    monkeypatch.setattr(phone_app, "BUILT", built)
    monkeypatch.setattr(static_files, "BUILT", built)
    server.start()


def script_of(built: Path) -> str:
    """The address of the app's script in a build."""
    [name] = re.findall(r"/static/built/app\.\w+\.js", (built / "index.html").read_text())
    return str(name)
