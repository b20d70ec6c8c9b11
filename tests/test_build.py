"""The phone app is built from its sources' content, once, into names that change with it."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all that the build reads, npm's packages too, built once."""
    tree = tmp_path_factory.mktemp("tree")
    skip = shutil.ignore_patterns("__pycache__", "built")
    shutil.copytree(ROOT / "pwa", tree / "pwa", ignore=skip)
    shutil.copytree(ROOT / "server", tree / "server", ignore=skip)
    assert "built in" in build(tree)
    return tree


@pytest.fixture
def tree(built: Path) -> Iterator[Path]:
    """The built copy; a test that changes its style leaves it as it was."""
    style = built / "pwa" / "styles" / "app.css"
    before = style.read_text()
    yield built
    style.write_text(before)


def build(tree: Path, *, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "pwa/build.py"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def output(tree: Path) -> Path:
    return tree / "server" / "static" / "built"


def app_names(tree: Path) -> list[str]:
    return sorted(path.name for path in output(tree).glob("app.*"))


def precache(tree: Path) -> dict[str, str | None]:
    text = (output(tree) / "sw.js").read_text()
    entries = re.findall(r'\{url:"([^"]+)",revision:(?:"(\w+)"|null)\}', text)
    return {url: revision or None for url, revision in entries}


def test_nothing_is_built_again_while_the_content_is_the_same(tree: Path) -> None:
    before = (output(tree) / "sw.js").stat().st_mtime_ns
    for source in (tree / "pwa" / "src").rglob("*.ts*"):
        source.touch()

    assert build(tree) == "Phone app: up to date\n"
    assert (output(tree) / "sw.js").stat().st_mtime_ns == before


def test_a_changed_style_gets_a_new_name_and_takes_the_old_file_away(tree: Path) -> None:
    before, kept = app_names(tree), precache(tree)
    with (tree / "pwa" / "styles" / "app.css").open("a") as style:
        style.write("\n.a-new-rule { color: teal; }\n")

    assert "built in" in build(tree)

    after = app_names(tree)
    assert [name for name in after if ".css" in name] != [name for name in before if ".css" in name]
    assert [name for name in after if ".js" in name] == [name for name in before if ".js" in name]
    assert len({name.removesuffix(".br") for name in after}) == 2
    assert precache(tree)["/"] != kept["/"]


def contents(tree: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in output(tree).rglob("*") if path.is_file()}


def test_building_again_from_nothing_gives_the_same_files(tree: Path) -> None:
    build(tree)
    before = contents(tree)
    shutil.rmtree(output(tree))

    build(tree)

    assert contents(tree) == before


def test_the_same_sources_give_the_same_files_wherever_they_lie(tree: Path) -> None:
    build(ROOT)
    build(tree)
    assert contents(tree) == contents(ROOT)


def test_the_worker_keeps_what_the_shell_needs_and_nothing_of_the_clinic(tree: Path) -> None:
    build(tree)
    kept = precache(tree)
    page = (output(tree) / "index.html").read_text()
    needed = set(re.findall(r'(?:src=|href=|[\[,])"(/[^"]*)"', page)) | {"/"}
    assert [url for url in needed if "/app." in url], "the list of scripts was not read"

    assert needed <= kept.keys()
    assert not [url for url in kept if "clinic" in url]
    for url, revision in kept.items():
        assert (revision is None) == bool(re.search(r"\.[0-9A-Za-z]{8}\.(js|css|json)$", url)), url
        if url != "/":
            file = url.removeprefix("/static/built").removeprefix("/")
            assert (output(tree) / file).is_file(), url


def test_every_bundle_is_named_in_the_manifest(tree: Path) -> None:
    build(tree)
    names = json.loads((output(tree) / "assets.json").read_text())
    for pattern, version in names.items():
        assert (output(tree).parent / pattern.replace("%(version)s", version)).is_file(), pattern


def test_a_source_that_does_not_compile_is_named_and_is_tried_again(tree: Path) -> None:
    with (tree / "pwa" / "styles" / "app.css").open("a") as style:
        style.write('\nbody { background: url("./missing.png"); }\n')

    for _ in range(2):
        message = build(tree, status=1)
        assert "missing.png" in message
        assert "Traceback" not in message


def test_the_build_reads_nothing_that_a_build_environment_lacks() -> None:
    code = (
        "import sys; import server, server.web; import server.web.assets;"
        "print(sorted({name.partition('.')[0] for name in sys.modules}"
        " & {'sqlalchemy', 'flask_security', 'msgspec', 'alembic', 'pywebpush', 'granian'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_package_locks_name_no_registry() -> None:
    for name in ("requirements.txt", "requirements-node.txt", "pwa/package-lock.json"):
        text = (ROOT / name).read_text()
        assert '"resolved"' not in text
        assert "index-url" not in text
        assert "find-links" not in text
