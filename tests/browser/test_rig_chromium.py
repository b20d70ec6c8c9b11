"""What the tests may rely on when they drive Chromium."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.accessibility import accessible_elements, axe_violations
from tests.browser.chromium import ChromiumPhone, chromium_phone, close_page
from tests.browser.rig_page import RigSite, rig_site
from tests.browser.waiting import wait_for

AXE = Path(__file__).parents[2] / "pwa/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RigSite]:
    (tmp_path / "site").mkdir()
    with rig_site(tmp_path / "site") as running:
        yield running


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path, site: RigSite) -> Iterator[ChromiumPhone]:
    with chromium_phone(
        playwright, tmp_path / "profile", locale="fr-FR", time_zone="America/New_York"
    ) as started:
        started.page.goto(site.url)
        started.page.evaluate("ready.then(() => true)")
        yield started


def test_it_is_a_pixel_5_held_by_a_person_in_new_york_who_reads_french(
    phone: ChromiumPhone, site: RigSite
) -> None:
    place = (
        "({zone: Intl.DateTimeFormat().resolvedOptions().timeZone, language: navigator.language})"
    )
    screen = (
        "[innerWidth, innerHeight, devicePixelRatio, navigator.maxTouchPoints,"
        " matchMedia('(pointer: coarse)').matches]"
    )
    assert phone.page.evaluate(screen) == [393, 851, 2.75, 1, True]
    assert phone.page.evaluate(place) == {"zone": "America/New_York", "language": "fr-FR"}
    assert phone.workers.running(site.url).evaluate(place) == {
        "zone": "America/New_York",
        "language": "fr-FR",
    }
    assert phone.errors == []


def test_offline_it_reloads_from_the_worker_and_nothing_reaches_the_server(
    phone: ChromiumPhone, site: RigSite
) -> None:
    phone.set_offline(True)
    site.asked.clear()
    phone.page.reload()
    assert phone.page.get_by_role("heading", name="Rig").is_visible()
    failed = "fetch('not-kept').then(() => 'answered', () => 'failed')"
    assert phone.page.evaluate(failed) == "failed"
    assert phone.workers.running(site.url).evaluate(failed) == "failed"
    assert site.asked == []
    phone.set_offline(False)
    phone.page.wait_for_function(f"async () => await {failed} === 'answered'")
    assert set(site.asked) == {"/not-kept"}


def test_what_was_saved_survives_a_kill(phone: ChromiumPhone, site: RigSite) -> None:
    process = phone.process_id
    phone.page.evaluate("save('score', 7)")
    phone.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    phone.start()
    phone.page.goto(site.url)
    assert phone.process_id != process
    assert phone.page.evaluate("load('score')") == 7


def test_a_push_is_shown_with_no_page_open_and_after_a_restart(
    phone: ChromiumPhone, site: RigSite
) -> None:
    phone.grant_notifications(site.url)
    phone.close_app()
    phone.workers.deliver_push(site.url, '{"tag": "one", "body": "first"}')
    [shown] = phone.workers.wait_for_notifications(site.url)
    assert (shown["title"], shown["body"], shown["tag"]) == ("Rig", "first", "one")
    open_pages = "clients.matchAll({includeUncontrolled: true}).then(all => all.length)"
    wait_for(  # the worker hears of the page's end in its own time
        lambda: phone.workers.running(site.url).evaluate(open_pages) == 0,
        lambda: phone.context.pages[0].wait_for_timeout(20),
    )
    phone.restart()
    phone.workers.deliver_push(site.url, '{"tag": "two", "body": "second"}')
    assert "two" in {shown["tag"] for shown in phone.workers.wait_for_notifications(site.url)}


def test_a_click_runs_the_workers_handler(phone: ChromiumPhone, site: RigSite) -> None:
    phone.grant_notifications(site.url)
    phone.workers.deliver_push(site.url, '{"tag": "one", "body": "first"}')
    phone.workers.wait_for_notifications(site.url)
    phone.workers.click_notification(site.url, "one", action="later")
    assert phone.workers.notifications(site.url) == []
    assert phone.page.evaluate("caches.match('later').then(kept => kept.text())") == "clicked"


def test_the_clock_can_be_set_in_page_and_worker_and_outlives_a_restart(
    phone: ChromiumPhone, site: RigSite
) -> None:
    def shown() -> list[datetime]:
        script = "[Date.now(), +new Date(), Date.parse(new Date().toISOString())]"
        readings = [*phone.page.evaluate(script), *phone.workers.running(site.url).evaluate(script)]
        return [datetime.fromtimestamp(reading / 1000, UTC) for reading in readings]

    def about(at: datetime) -> bool:
        return all(at <= reading < at + timedelta(seconds=60) for reading in shown())

    morning = datetime(2031, 3, 30, 8, 0, tzinfo=UTC)
    phone.set_clock(morning)
    assert about(morning)
    phone.page.evaluate("setTimeout(() => { window.rang = true; }, 3_600_000)")
    phone.advance_clock(timedelta(hours=1))
    assert about(morning + timedelta(hours=1))
    assert phone.page.evaluate("window.rang")
    phone.restart()
    phone.page.goto(site.url)
    assert about(morning + timedelta(hours=1))


def test_the_page_can_be_installed_and_why_not_is_told(phone: ChromiumPhone, site: RigSite) -> None:
    assert phone.installability_errors() == []
    phone.page.evaluate("document.querySelector('link[rel=manifest]').remove()")
    wait_for(  # the browser notices in its own time
        lambda: phone.installability_errors() == ["no-manifest"],
        lambda: phone.page.wait_for_timeout(50),
    )


def test_axe_passes_a_good_page_and_names_what_is_wrong_with_a_bad_one(
    phone: ChromiumPhone,
) -> None:
    assert axe_violations(phone.page, AXE) == []
    assert ("button", "Remind me") in accessible_elements(phone.page)
    phone.page.evaluate("document.querySelector('button').textContent = ''")
    [violation] = axe_violations(phone.page, AXE)
    assert violation.startswith("button-name (critical)")


def test_errors_that_nobody_sees_are_noted(phone: ChromiumPhone) -> None:
    phone.page.evaluate("setTimeout(() => { throw new Error('unseen'); })")
    wait_for(
        lambda: any("unseen" in error for error in phone.errors),
        lambda: phone.page.wait_for_timeout(20),
    )


def test_nothing_is_asked_of_another_machine(phone: ChromiumPhone) -> None:
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        phone.page.goto("https://example.org/")


def test_a_page_on_its_way_elsewhere_closes(phone: ChromiumPhone, site: RigSite) -> None:
    for _ in range(15):
        page = phone.context.new_page()
        page.goto(site.url)
        page.evaluate("setTimeout(() => { location.href = '/?elsewhere'; })")
        close_page(page)
        assert page.is_closed()
