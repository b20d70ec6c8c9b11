"""The wheel carries the built phone app: whoever installs it needs no Node."""

import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.rig.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Packed from a clean copy of the sources, where nothing has been built."""
    tree = tmp_path_factory.mktemp("sources")
    skip = shutil.ignore_patterns("node_modules", "__pycache__", "built")
    for folder in ("server", "pwa"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=skip)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    packed = tree / "packed"
    subprocess.run(
        [*PIP, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(packed), str(tree)],
        check=True,
    )
    [wheel] = packed.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an empty environment with the wheel in it.

    Its dependencies are lent from the environment of the tests. A borrowed folder's own .pth
    files do not count, so that this tree itself cannot be what is imported.
    """
    folder = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [*PIP, "--python", str(python), "install", "-q", "--no-deps", str(wheel)], check=True
    )
    site = sysconfig.get_path("purelib", vars={"base": str(folder)})
    lent = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site) / "lent.pth").write_text("\n".join(sorted(lent)))
    return folder / "bin"


@pytest.fixture(scope="module")
def settings(bin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All that the server is told: a free port, and a PATH with no Node on it."""
    return {
        "PATH": str(bin_folder),
        "PORT": str(free_port()),
        "BLOCK_DIARY_ENV": "development",
        "BLOCK_DIARY_DATA": str(tmp_path_factory.mktemp("data")),
    }


@pytest.fixture(scope="module")
def port(
    bin_folder: Path, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    port = int(settings["PORT"])
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    subprocess.run([bin_folder / "block-diary", "migrate"], cwd=elsewhere, env=settings, check=True)
    with subprocess.Popen(
        [bin_folder / "block-diary", "serve"], cwd=elsewhere, env=settings
    ) as server:
        try:
            until = time.monotonic() + START_SECONDS
            while not listens(port):
                assert server.poll() is None, "the server stopped"
                assert time.monotonic() < until, f"no answer after {START_SECONDS} s"
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


def listens(port: int) -> bool:
    try:
        return get(port, "/healthz")[0].status == 200
    except OSError:
        return False


def get(port: int, address: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", address)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def test_what_is_imported_is_the_installed_package(
    bin_folder: Path, settings: dict[str, str]
) -> None:
    code = (
        "import server, shutil; print(server.__file__, shutil.which('node'), shutil.which('npm'))"
    )
    done = subprocess.run(
        [bin_folder / "python", "-I", "-c", code],
        env=settings,
        capture_output=True,
        text=True,
        check=True,
    )
    place, *node = done.stdout.split()
    assert Path(place).is_relative_to(bin_folder.parent)
    assert node == ["None", "None"]


@pytest.mark.parametrize(
    ("address", "mimetype"),
    [
        ("/", "text/html"),
        ("/sw.js", "text/javascript"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ],
)
def test_an_installed_server_serves_the_phone_app(port: int, address: str, mimetype: str) -> None:
    response, text = get(port, address)

    assert response.status == 200
    assert (response.getheader("Content-Type") or "").partition(";")[0] == mimetype
    assert response.getheader("Cache-Control") == "no-cache"
    assert "default-src 'none'" in (response.getheader("Content-Security-Policy") or "")
    assert text


def test_an_installed_server_serves_the_hashed_files_for_ever(port: int) -> None:
    _, page = get(port, "/")
    names = re.findall(r"/static/built/[\w./-]+\.[0-9A-Za-z]{8}\.(?:json|js|css)", page)

    assert {name.rpartition(".")[2] for name in names} == {"js", "json"}
    assert re.search(r"<style>[^<]{1000,}</style>", page), "the style stands in the page itself"
    for name in names:
        response, text = get(port, name)
        assert response.status == 200
        assert "immutable" in (response.getheader("Cache-Control") or "")
        assert text


def test_nothing_of_the_build_is_in_the_wheel_but_its_result(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if "dist-info" not in name} == {"server"}
    assert "server/static/built/sw.js" in names
    assert "server/web/templates/error.html" in names
    assert not [name for name in names if name.endswith((".ts", ".tsx"))]
