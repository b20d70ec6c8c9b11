"""A failure has one shape, says what to do, and shows nobody a traceback."""

from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.exceptions import TooManyRequests

from server import create_app
from server.config import load
from server.domain.errors import Conflict, DomainError, Invalid, NotFound

FAILURES = {
    "refused": DomainError("The block has not begun."),
    "invalid": Invalid("entries[3].scores.left", "11 is not between 0 and 10"),
    "missing": NotFound(),
    "conflict": Conflict("Another entry has this name."),
    "busy": TooManyRequests(retry_after=30),
    "broken": ValueError("a secret of the inside"),
}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = create_app(load({"BLOCK_DIARY_DATA": str(tmp_path)}, default="development"))

    @app.get("/api/fail/<kind>")
    @app.get("/fail/<kind>")
    def fail(kind: str) -> str:
        raise FAILURES[kind]

    @app.post("/api/read")
    def read() -> dict[str, int]:
        return {"length": len(request.get_json())}

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("refused", 422, {"code": "refused", "message": "The block has not begun."}),
        (
            "invalid",
            422,
            {
                "code": "invalid",
                "message": "11 is not between 0 and 10",
                "path": "entries[3].scores.left",
            },
        ),
        ("missing", 404, {"code": "not_found", "message": "There is nothing at this address."}),
        ("conflict", 409, {"code": "conflict", "message": "Another entry has this name."}),
    ],
)
def test_a_rule_that_says_no_is_told_in_one_shape(
    client: FlaskClient, kind: str, status: int, error: dict[str, str]
) -> None:
    response = client.get(f"/api/fail/{kind}")
    assert (response.status_code, response.get_json()) == (status, {"error": error})


def test_a_page_tells_the_same_in_words(client: FlaskClient) -> None:
    response = client.get("/fail/invalid")
    assert response.status_code == 422
    assert response.mimetype == "text/html"
    assert "11 is not between 0 and 10" in response.text


@pytest.mark.parametrize("address", ["/api/fail/broken", "/fail/broken"])
def test_an_unforeseen_failure_shows_nothing_of_the_inside(
    client: FlaskClient, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = client.get(address)

    assert response.status_code == 500
    assert "Traceback" not in response.text
    assert "secret of the inside" not in response.text
    assert "a secret of the inside" in caplog.text


def test_too_many_requests_says_when_to_come_back(client: FlaskClient) -> None:
    response = client.get("/api/fail/busy")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "30"
    assert response.get_json()["error"]["code"] == "too_many_requests"


def test_a_wrong_method_says_which_are_right(client: FlaskClient) -> None:
    response = client.delete("/api/read")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert response.get_json()["error"]["code"] == "method_not_allowed"


def test_what_is_not_json_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/read", data="[]").status_code == 415
    broken = client.post("/api/read", data="[", content_type="application/json")
    assert broken.status_code == 400
    assert broken.get_json()["error"]["code"] == "bad_request"


@pytest.mark.parametrize(("size", "status"), [(999_999, 200), (1_000_000, 200), (1_000_001, 413)])
def test_a_body_holds_at_most_one_megabyte(client: FlaskClient, size: int, status: int) -> None:
    body = b'"' + b"x" * (size - 2) + b'"'
    response = client.post("/api/read", data=body, content_type="application/json")
    assert response.status_code == status
    if status == 413:
        assert response.get_json()["error"]["code"] == "request_entity_too_large"
