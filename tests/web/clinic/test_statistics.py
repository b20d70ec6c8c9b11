"""The page of a clinic's statistics: its own blocks alone, and no patient on it."""

import re
from datetime import timedelta

from server.storage.models import Device
from tests.web.clinic.conftest import World


def page(world: World, query: str = "", status: int = 200) -> str:
    answer = world.nurse.get(f"/clinic/statistics{query}")
    assert answer.status_code == status
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.split("<main")[1]).split())


def test_it_says_what_there_is_and_names_nobody(world: World) -> None:
    assert "No finished blocks in this time" in page(world)
    block_id, phone = world.started({"main": 8})
    with world.database.transaction() as session:
        session.query(Device).one().check_word = "xylophone"  # no word of the page by chance
    start = world.clock.now
    for hour in (1, 2, 3, 4):
        world.clock.now = start + timedelta(hours=hour)
        phone.rate(block_id, {"main": 1})
    assert "1 block has no time yet, is still in progress" in page(world)
    world.clock.now = start + timedelta(hours=9)
    shown = page(world)
    assert "bupivacaine 1 scored 1 of 1 (100 %) 21 to 100 % 1 of 1 (100 %)" in shown
    assert "at least 3 h" in shown
    assert "P-1001" not in shown and "xylophone" not in shown
    theirs = world.stranger.get("/clinic/statistics").text
    assert "No finished blocks in this time" in theirs


def test_the_days_asked_for_are_looked_at(world: World) -> None:
    world.started({"main": 8})
    world.clock.forward(hours=9)
    assert "One block" in page(world, "?from=2026-03-02&to=2026-03-02")
    assert "No finished blocks" in page(world, "?from=2026-03-03&to=2026-03-04")
    assert "Type days as 2026-03-31" in page(world, "?from=soon", 422)
    assert "The first day is after the last" in page(world, "?from=2026-03-03&to=2026-03-02", 422)
