"""The shell, the worker and the manifest are always checked; hashed files are kept for ever."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import create_app
from server.config import load

ALWAYS_CHECKED = ["/", "/e", "/sw.js", "/manifest.webmanifest"]


def app_of(folder: Path, **settings: str) -> Flask:
    return create_app(load({"BLOCK_DIARY_DATA": str(folder), **settings}, default="development"))


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return app_of(tmp_path).test_client()


def hashed_names(client: FlaskClient) -> list[str]:
    """Scripts, style and the words of each language."""
    names = re.findall(r'/static/built/[^"]+', client.get("/").text)
    assert len(names) >= 3
    return names


@pytest.mark.parametrize("address", ALWAYS_CHECKED)
def test_what_keeps_its_name_is_checked_on_every_use(client: FlaskClient, address: str) -> None:
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    other = client.get(address, headers={"If-None-Match": '"another"'})

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize("address", ALWAYS_CHECKED)
def test_the_compressed_answer_says_the_same_under_a_tag_of_its_own(
    client: FlaskClient, address: str
) -> None:
    plain = client.get(address)
    small = client.get(address, headers={"Accept-Encoding": "br"})

    assert small.headers["Content-Encoding"] == "br"
    assert brotli.decompress(small.data) == plain.data
    assert len(small.data) < len(plain.data)
    assert small.headers["ETag"] != plain.headers["ETag"]
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers


def test_the_enrolment_link_opens_the_same_shell(client: FlaskClient) -> None:
    assert client.get("/e").data == client.get("/").data


def test_hashed_files_are_kept_for_ever_and_by_this_origin_alone(client: FlaskClient) -> None:
    for name in hashed_names(client):
        with client.get(name) as response:
            assert response.status_code == 200
            assert "immutable" in response.headers["Cache-Control"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Access-Control-Allow-Origin" not in response.headers


def test_a_file_without_a_hash_is_not_kept_for_ever(client: FlaskClient) -> None:
    with client.get("/static/built/sw.js") as response:
        assert "immutable" not in response.headers["Cache-Control"]


def test_the_icons_of_the_manifest_are_there(client: FlaskClient) -> None:
    manifest = client.get("/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    assert manifest.get_json(force=True)["icons"]
    for icon in manifest.get_json(force=True)["icons"]:
        with client.get(icon["src"]) as response:
            assert response.status_code == 200, icon["src"]
            assert response.mimetype == icon["type"]


@pytest.mark.parametrize("address", [*ALWAYS_CHECKED, "/healthz", "/nowhere", "/api/nowhere"])
def test_every_answer_allows_only_what_a_page_needs(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers

    policy = headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy
    assert any(each.startswith("script-src 'self'") for each in policy)
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    on_phone = address in ALWAYS_CHECKED
    assert ("require-trusted-types-for 'script'" in policy) == on_phone
    assert headers["Cache-Control"] == ("no-cache" if on_phone else "no-store")


@pytest.mark.parametrize("kind", ["script", "style"])
def test_of_what_stands_in_a_page_only_what_was_built_may_run(
    client: FlaskClient, kind: str
) -> None:
    shell = client.get("/")
    [built] = re.findall(f"<{kind}>(.*?)</{kind}>", shell.text, re.DOTALL)
    digest = b64encode(sha256(built.encode()).digest()).decode()

    for address in ("/", "/e"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert f"; {kind}-src 'self' 'sha256-{digest}';" in policy
    assert f"; {kind}-src 'self';" in client.get("/sw.js").headers["Content-Security-Policy"]


def test_https_is_made_to_stay_only_where_it_is_used(tmp_path: Path) -> None:
    plain = app_of(tmp_path).test_client().get("/healthz")
    https = app_of(tmp_path, PUBLIC_URL="https://diary.clinic.de").test_client().get("/healthz")

    assert "Strict-Transport-Security" not in plain.headers
    assert https.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(("proxies", "seen"), [("0", "127.0.0.1"), ("1", "203.0.113.9")])
def test_a_proxy_is_believed_only_by_setting(tmp_path: Path, proxies: str, seen: str) -> None:
    app = app_of(tmp_path, TRUSTED_PROXIES=proxies)

    @app.get("/who")
    def who() -> str:
        from flask import request

        return request.remote_addr or ""

    response = app.test_client().get("/who", headers={"X-Forwarded-For": "203.0.113.9"})
    assert response.text == seen
