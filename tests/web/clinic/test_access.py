"""`docs/access.md` is the test: every route of the app, as every role, and no route without a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from werkzeug.test import TestResponse

from server.domain.staff import MAY, ROLES
from tests.web.clinic.conftest import PUBLIC_URL, Staff, World
from tests.web.clinic.test_tenants import filled, theirs

__all__ = ["theirs"]

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "access.md"


@dataclass(frozen=True)
class Row:
    method: str
    rule: str
    allowed: frozenset[str]
    columns: tuple[str, ...]


def rows_of(text: str) -> Iterator[Row]:
    """Each row of the tables that have a route."""
    columns: tuple[str, ...] = ()
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "route" in cells:
            columns = tuple(cells)
        route = re.fullmatch(r"`([A-Z]+) (\S+)`", cells[1]) if len(cells) > 1 else None
        if route:
            marks = dict(zip(columns[2:], cells[2:], strict=True))
            assert set(marks.values()) <= {"✓", ""}, line
            allowed = frozenset(who for who, mark in marks.items() if mark)
            yield Row(route[1], route[2], allowed, columns[2:])


ROWS = list(rows_of(DOCUMENT.read_text(encoding="utf-8")))
CLINIC = [row for row in ROWS if "viewer" in row.columns]
ELSEWHERE = [row for row in ROWS if "phone" in row.columns]


def test_every_route_of_the_app_has_one_row_and_every_row_a_route(world: World) -> None:
    routes = [
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]
    assert sorted((row.method, row.rule) for row in ROWS) == sorted(routes)
    assert all(row.rule.startswith("/clinic") for row in CLINIC)
    assert not any(row.rule.startswith("/clinic") for row in ELSEWHERE)


def test_nobody_is_told_of_a_permission_for_a_page_that_is_not_there(world: World) -> None:
    assert MAY.keys() <= {rule.endpoint for rule in world.app.url_map.iter_rules()}


#: Ends the session of whoever asks.
LAST = ("/clinic/sign-out", "/clinic/account/sign-out-everywhere")


def open_as(member: Staff, row: Row, values: dict[str, str]) -> TestResponse:
    path = filled(row.rule, values)
    return member.get(path) if row.method == "GET" else member.post(path)


def is_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/clinic/sign-in")


def test_every_route_of_the_clinic_does_for_every_role_as_its_row_says(
    world: World, theirs: dict[str, str]
) -> None:
    last = [row for row in CLINIC if row.rule in LAST]
    members = [(role, world.member(role)) for role in ROLES]
    for (role, member), row in product(members, [row for row in CLINIC if row not in last] + last):
        answer = open_as(member, row, theirs)
        member.is_signed_in = row not in last
        if role in row.allowed:
            assert answer.status_code not in (401, 403, 405), row
            assert not is_sign_in(answer) or row in last, row
        else:
            assert answer.status_code == 403, row
            assert "Your role does not include this" in answer.text
            assert "Nothing was changed" in answer.text
            for who in row.allowed - {"stranger"}:
                assert who in answer.text, row


def test_every_route_of_the_clinic_asks_a_stranger_to_sign_in_unless_its_row_is_open(
    world: World, theirs: dict[str, str]
) -> None:
    for row in CLINIC:
        answer = world.anonymous().open(filled(row.rule, theirs), method=row.method)
        assert is_sign_in(answer) == ("stranger" not in row.allowed), row


def test_every_other_route_does_for_a_stranger_and_a_phone_as_its_row_says(
    world: World, theirs: dict[str, str]
) -> None:
    _, phone = world.enrolled(reference="P-2")
    world.nurse.be_signed_in()
    for row in ELSEWHERE:
        for who, client in (
            ("phone", phone.client),
            ("stranger", world.anonymous()),
            ("stranger", world.nurse.client),
        ):
            with client.open(
                row.rule.replace("<path:filename>", "built/assets.json"),
                method=row.method,
                json={} if row.method in ("POST", "PUT") else None,
                headers={"Origin": PUBLIC_URL},
                base_url=PUBLIC_URL,
            ) as answer:
                assert (answer.status_code not in (401, 403, 405)) == (who in row.allowed), row


def test_no_row_lets_a_viewer_change_anything_but_their_own_access() -> None:
    own = tuple(
        f"/clinic/{each}"
        for each in ("sign-in", "sign-out", "account", "second-factor", "join", "language")
    )
    changing = [row for row in CLINIC if row.method != "GET" and "viewer" in row.allowed]
    assert [
        row for row in changing if not row.rule.startswith(own) or "languages" in row.rule
    ] == []


def test_no_page_offers_what_its_reader_may_not_do(world: World, theirs: dict[str, str]) -> None:
    """Every link and form on every page that a role can open leads to what that role may use."""
    world.enrolled(reference="P-waiting")
    offered = 0
    for (role, member), row in product([(role, world.member(role)) for role in ROLES], CLINIC):
        if row.method != "GET" or role not in row.allowed:
            continue
        page = member.get(filled(row.rule, theirs))
        if page.mimetype != "text/html":
            continue
        links = [
            ("GET", path) for path in re.findall(r'<a [^>]*?href="(/clinic[^"#?]*)', page.text)
        ]
        forms = [
            (found[1].upper(), found[2])
            for found in re.finditer(r'<form[^>]*method="(\w+)" action="([^"?]+)', page.text)
        ]
        for method, path in links + forms:
            assert role in row_of(method, path).allowed, (row.rule, method, path)
            offered += 1
    assert offered >= 60


def row_of(method: str, path: str) -> Row:
    """The row of the route that an address on a page leads to."""
    for row in CLINIC:
        pattern = re.sub(r"<uuid:\w+>", "[0-9a-f-]{36}", row.rule)
        pattern = re.sub(r"<int:\w+>", "[0-9]+", pattern)
        if row.method == method and re.fullmatch(pattern, path):
            return row
    raise AssertionError(f"{method} {path} has no row")


def test_a_route_without_a_row_is_closed_to_every_role(world: World) -> None:
    """Deny, then allow: what nobody decided is for nobody."""
    app = world.app
    app._got_first_request = False
    app.add_url_rule("/clinic/new", "new.page", lambda: "open")
    for role in ROLES:
        assert world.member(role).get("/clinic/new").status_code == 403
