"""Who may import whom: the rules are pure, HTTP stays in `web`, and views touch no storage."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOST_LINES = 300

STDLIB = set(sys.stdlib_module_names)
OURS = {
    # What each package of ours may import of the others; the modules beside them see everything.
    "domain": {"domain"},
    "storage": {"storage", "domain"},
    "push": {"push", "storage", "domain", "interchange", "config", "database", "metrics", "words"},
    "interchange": {"interchange", "domain"},
    "web": {"web", "storage", "domain", "interchange", "config", "metrics", "words"},
    "words": {"words"},
}
THEIRS = {
    # The packages that may import nothing else from outside.
    "domain": set[str](),
    "words": {"babel"},
    "storage": {"sqlalchemy", "alembic", "msgspec", "cryptography"},
}
ONLY_IN = {
    # A library of one purpose, and the only places for it.
    "pywebpush": ("server/push/",),
    "py_vapid": ("server/push/",),
    "pycurl": ("server/push/http_posts.py",),
    "aiosmtplib": ("server/push/",),
    "prometheus_client": ("server/metrics.py", "server/web/monitoring.py"),
    "granian": ("server/serve.py", "server/cli.py"),
    "flask": ("server/web/", "server/__init__.py", "server/demo.py"),
    "flask_security": ("server/web/", "server/__init__.py", "server/storage/staff.py"),
    "werkzeug": ("server/web/", "server/__init__.py"),
    "babel": ("server/words/", "server/web/"),
}
PYTHON = sorted((ROOT / "server").rglob("*.py"))
PHONE = sorted(path for path in (ROOT / "pwa" / "src").rglob("*.ts*") if path.suffix != ".json")


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PYTHON, ids=names)
def test_a_module_imports_only_what_its_place_allows(path: Path) -> None:
    assert list(python_faults(names(path), path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", PHONE, ids=names)
def test_a_phone_module_touches_only_what_its_place_allows(path: Path) -> None:
    assert list(phone_faults(names(path), path.read_text(encoding="utf-8"))) == []


READ = [path for path in PYTHON + PHONE if "versions" not in path.parts]
"""Migrations are written once, by Alembic, and never edited."""


@pytest.mark.parametrize("path", READ, ids=names)
def test_a_module_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def python_faults(name: str, source: str) -> Iterator[str]:
    """What the module `name` ("server/domain/diary.py") imports against the rules."""
    place = name.split("/")[1] if name.count("/") > 1 else ""
    for imported in imports(name, source):
        top, _, rest = imported.partition(".")
        if top == "server":
            if place and rest.partition(".")[0] not in OURS[place] and rest:
                yield f"{place} imports {imported}"
        elif place in THEIRS and top not in STDLIB | THEIRS[place] and not is_staff(name, top):
            yield f"{place} imports {imported}"
        home = ONLY_IN.get(top) or (ONLY_IN["flask"] if top.startswith("flask") else ())
        if home and not name.startswith(home):
            yield f"{imported} belongs to {' and '.join(home)}"


def is_staff(name: str, top: str) -> bool:
    """The tables of the sign-in library are its own mixins, and passwords are kept as it does."""
    return name == "server/storage/staff.py" and top in {"flask_security", "argon2"}


def imports(name: str, source: str) -> Iterator[str]:
    """Every module that is imported, wherever the statement stands, by its full name."""
    package = PurePosixPath(name).parent
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package
            for _ in range(node.level - 1):
                base = base.parent
            prefix = ".".join(base.parts) if node.level else ""
            module = ".".join(part for part in (prefix, node.module) if part)
            # `from server import domain` imports a module too.
            if module == "server":
                yield from (f"server.{alias.name}" for alias in node.names)
            else:
                yield module


SPECIFIER = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]""")
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
NETWORK = re.compile(
    r"(?<![\w'\"-])fetch\s*\(|\b(?:window|self|globalThis)\s*\.\s*fetch\b"
    r"|\b(?:XMLHttpRequest|sendBeacon|WebSocket|EventSource)\b"
)
DATABASE = re.compile(r"(?<!['\"])\bindexedDB\b(?!['\"])")


def phone_faults(name: str, source: str) -> Iterator[str]:
    """What the module `name` ("pwa/src/views/rate.tsx") imports or uses against the rules."""
    place = PurePosixPath(name).relative_to("pwa/src").parts[0]
    code = COMMENT.sub("", source)
    for specifier in SPECIFIER.findall(code):
        to = folder(name, specifier)
        if place == "domain" and to != "domain":
            yield f"domain imports {specifier}"
        if place == "views" and to in ("store", "sync"):
            yield f"views import {specifier}"
        if specifier == "idb" and place != "store":
            yield "idb belongs to store"
    if NETWORK.search(code) and name != "pwa/src/sync/api.ts" and place not in ("clinic", "stop"):
        yield "the network belongs to sync/api.ts"
    if DATABASE.search(code) and place != "store":
        yield "indexedDB belongs to store"


def folder(name: str, specifier: str) -> str:
    """The folder of pwa/src that a relative import leads to; a package's own name otherwise."""
    if not specifier.startswith("."):
        return specifier
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / specifier).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts[2] if len(parts) > 2 else ""


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("server/domain/x.py", "import flask"),
        ("server/domain/x.py", "import sqlalchemy.orm"),
        ("server/domain/x.py", "def f():\n    from server.storage import db"),
        ("server/domain/x.py", "from server import storage"),
        ("server/domain/x.py", "from ..storage import db"),
        ("server/domain/deep/x.py", "from ...web import errors"),
        ("server/domain/x.py", "import server.config"),
        ("server/storage/x.py", "from server.web import errors"),
        ("server/storage/x.py", "import requests"),
        ("server/storage/x.py", "import flask_security"),
        ("server/storage/staff.py", "import flask_wtf"),
        ("server/push/x.py", "from server.web import errors"),
        ("server/push/x.py", "import flask"),
        ("server/web/x.py", "from server.push import loop"),
        ("server/web/x.py", "from pywebpush import webpush"),
        ("server/web/x.py", "import py_vapid"),
        ("server/push/sender.py", "import pycurl"),
        ("server/web/x.py", "import granian"),
        ("server/interchange/x.py", "from server.storage import db"),
        ("server/interchange/x.py", "from flask import Response"),
        ("server/serve.py", "from flask import Flask"),
        ("server/config.py", "from flask_limiter import Limiter"),
    ],
)
def test_the_server_rules_notice(name: str, source: str) -> None:
    assert len(list(python_faults(name, source))) >= 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("server/domain/x.py", "from server.domain.errors import Invalid\nimport re"),
        ("server/domain/x.py", "from .errors import Invalid"),
        ("server/storage/x.py", "import sqlalchemy\nfrom server.domain import errors"),
        ("server/storage/staff.py", "from flask_security.models import sqla_v2"),
        ("server/push/x.py", "from pywebpush import webpush\nfrom server.storage import db"),
        ("server/web/x.py", "import flask_wtf\nfrom server.interchange import pdf"),
        ("server/serve.py", "from granian import Granian\nfrom server.push import loop"),
        ("server/__init__.py", "from flask import Flask\nfrom server.web import assets"),
    ],
)
def test_the_server_rules_allow(name: str, source: str) -> None:
    assert list(python_faults(name, source)) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("pwa/src/domain/x.ts", "import { openDB } from '../store/db';"),
        ("pwa/src/domain/x.ts", "import { signal } from '@preact/signals';"),
        ("pwa/src/domain/x.ts", "import type { State } from '../state';"),
        ("pwa/src/domain/x.ts", "export * from '../state';"),
        ("pwa/src/views/x.tsx", 'import { addEntry } from "../store/entries";'),
        ("pwa/src/views/deep/x.tsx", "import {\n  sync,\n} from '../../sync/sync';"),
        ("pwa/src/views/x.tsx", "const m = await import('../sync/api');"),
        ("pwa/src/views/x.tsx", "import '../store/db';"),
        ("pwa/src/views/x.tsx", "await fetch('/api/sync');"),
        ("pwa/src/views/x.tsx", "const get = window.fetch;"),
        ("pwa/src/views/x.tsx", "indexedDB.open('diary');"),
        ("pwa/src/sync/sync.ts", "return fetch(url);"),
        ("pwa/src/sync/sync.ts", "navigator.sendBeacon(url);"),
        ("pwa/src/sync/sync.ts", "import { openDB } from 'idb';"),
        ("pwa/src/worker/sw.ts", "self.fetch(url);"),
        ("pwa/src/app.tsx", "new EventSource('/events');"),
    ],
)
def test_the_phone_rules_notice(name: str, source: str) -> None:
    assert len(list(phone_faults(name, source))) == 1


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("pwa/src/domain/x.ts", "import type { Entry } from './entry';"),
        ("pwa/src/views/x.tsx", "import { useState } from '../state';\n// never fetch() here"),
        (
            "pwa/src/views/x.tsx",
            "import { due } from '../domain/due'; const refetch = (): void => {};",
        ),
        ("pwa/src/store/db.ts", "import { openDB } from 'idb';\nindexedDB.deleteDatabase(name);"),
        ("pwa/src/sync/api.ts", "const answer = await fetch(url);"),
        ("pwa/src/sync/sync.ts", "import { addEntry } from '../store/entries';"),
        ("pwa/src/worker/sw.ts", "self.addEventListener('fetch', (event) => event);"),
        ("pwa/src/clinic/board.ts", "await fetch(location.href);"),
    ],
)
def test_the_phone_rules_allow(name: str, source: str) -> None:
    assert list(phone_faults(name, source)) == []
