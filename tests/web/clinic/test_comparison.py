"""Two blocks of one patient on one page: how they compare, and why not where they do not."""

import re
from datetime import timedelta
from typing import get_args

from server.domain.comparison import Comparison, ComparisonReason, SiteComparison
from server.storage.models import Block
from tests.web.clinic.conftest import SQLITE, Staff, World
from tests.web.clinic.test_block_page import page_of, rate_hourly, words


def two_blocks(
    world: World,
    sites: tuple[str, str] = ("", ""),
) -> tuple[str, str]:
    """Lidocaine, met for 1 to 3 hours, and two weeks later bupivacaine, met for 4 to 6."""
    first_id, phone = world.started({sites[0] or "main": 7}, agent="lidocaine", sites=sites[0])
    start = world.clock.now
    if not sites[0]:
        rate_hourly(world, phone, first_id, 1, 1, 6)
    world.clock.now = start + timedelta(days=14)
    world.nurse = Staff(world.app.test_client(), world.nurse.email)  # sessions end overnight
    more = {"number": "2", "known": "y", "agent": "bupivacaine", "sites": sites[1]}
    world.nurse.enrol(protocol=world.protocol_id(), **more)
    with world.database.reading() as session:
        second_id = str(session.query(Block).filter(Block.number == 2).one().id)
    phone.rate(second_id, {sites[1] or "main": 7}, kind="baseline")
    world.clock.forward(minutes=1)
    phone.injection_done(second_id, world.clock.now)
    if not sites[1]:
        rate_hourly(world, phone, second_id, 1, 1, 1, 1, 1, 6)
    world.clock.forward(hours=9)
    world.nurse = Staff(world.app.test_client(), world.nurse.email)
    return first_id, second_id


def comparison(world: World, block_id: str) -> str:
    page = page_of(world, block_id)
    (section,) = re.findall(
        r'<section aria-labelledby="comparison-title">.*?</section>', page, re.S
    )
    return words(section)


def test_both_pages_say_that_the_long_acting_one_lasted_longer(world: World) -> None:
    first, second = two_blocks(world)
    says = comparison(world, second)
    assert "Block 1 lidocaine, Mon 2 Mar 2026 Met, 1 h to 3 h Met, 4 h to 6 h Concordant" in says
    says = comparison(world, first)
    assert "Block 2 bupivacaine, Mon 16 Mar 2026 Met, 4 h to 6 h Met, 1 h to 3 h Conc" in says
    world.nurse.post(f"/clinic/blocks/{second}/cancel")
    assert "comparison-title" not in page_of(world, first)


@SQLITE
def test_blocks_for_different_pains_say_so(world: World) -> None:
    first, _ = two_blocks(world, sites=("left", "right"))
    assert "Not comparable: the two share no pain." in comparison(world, first)


@SQLITE
def test_every_outcome_has_its_words(world: World) -> None:
    with world.app.app_context():
        say = world.app.jinja_env.get_template("clinic/_words.html").module.comparison
    said = {
        str(say(SiteComparison(outcome, reason))).strip()
        for outcome, reason in [
            *((each, None) for each in get_args(Comparison) if each != "not_comparable"),
            *(("not_comparable", each) for each in get_args(ComparisonReason)),
        ]
    }
    assert len(said) == 7
    assert all(each.endswith(".") and "None" not in each for each in said)
    assert "Not comparable: they were done less than 14 days apart." in said
    assert "Discordant: the short-acting anaesthetic relieved longer." in said
