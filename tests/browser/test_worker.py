"""The worker in a real browser: what it shows, opens, renews and sends, and what it keeps out of."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Playwright, Request, Response, expect

from server.storage import subscriptions
from server.storage.models import Enrolment
from server.storage.vault import Vault
from tests.browser import waiting
from tests.browser.chromium import chromium_phone
from tests.browser.diary_server import DiaryServer, diary_server
from tests.browser.patient import Patient
from tests.browser.push_service import PushService, push_service
from tests.browser.sheets import Sheet, new_sheet
from tests.builders import SECRET_KEY

SINCE_BLOCK = timedelta(hours=1, seconds=5)
#: Chromium hands out endpoints on its maker's host; nothing is sent there by these tests.
CHROMIUMS_PUSH_HOST = "jmt17.google.com"

#: Only a person's press may open or focus a window: what the worker asks for is noted instead.
NOTE_WINDOWS = """
() => {
  self.asked = [];
  WindowClient.prototype.focus = async function () { self.asked.push(['focus', this.url]) };
  Clients.prototype.openWindow = async url => { self.asked.push(['open', url]) };
}
"""
#: How much is in the store that was not sent.
WAITING = """
() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('block-diary');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('items').objectStore('items').getAll();
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result.filter(({ state }) => state === 'waiting').length);
    };
    reading.onerror = () => reject(reading.error);
  };
})
"""
LOSE_SUBSCRIPTION = """
async () => {
  await (await self.registration.pushManager.getSubscription()).unsubscribe();
  const event = new ExtendableEvent('pushsubscriptionchange');
  const work = [];
  event.waitUntil = promise => work.push(promise);
  self.dispatchEvent(event);
  await Promise.all(work);
}
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DiaryServer]:
    with diary_server(tmp_path_factory.mktemp("data"), push_hosts=[CHROMIUMS_PUSH_HOST]) as running:
        yield running


@pytest.fixture(scope="module")
def sheet(server: DiaryServer) -> Sheet:
    return new_sheet(server, "P-600", since_block=SINCE_BLOCK)


@pytest.fixture(scope="module")
def enrolled(
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
    server: DiaryServer,
    service: PushService,
    sheet: Sheet,
) -> Iterator[Patient]:
    profile = tmp_path_factory.mktemp("phone") / "profile"
    with chromium_phone(playwright, profile, flags=service.chromium_flags) as phone:
        # What is not granted along with the one is refused, though a person is never asked for it.
        phone.context.grant_permissions(["notifications", "background-sync"], origin=server.url)
        patient = Patient(phone, server.url)
        patient.enrol(sheet.code)
        patient.is_ready_offline()
        yield patient


@pytest.fixture
def patient(enrolled: Patient) -> Iterator[Patient]:
    """With a phone whose app is closed, and no notification on it."""
    enrolled.phone.close_app()
    worker = enrolled.phone.workers.running(f"{enrolled.url}/")
    worker.evaluate(
        "self.registration.getNotifications().then(all => all.forEach(each => each.close()))"
    )
    yield enrolled


def wait_for(patient: Patient, found: Callable[[], Any]) -> Any:
    """What `found` gives once it is true."""
    return waiting.wait_for(found, lambda: patient.phone.context.pages[0].wait_for_timeout(50))


def posts_of(requests: list[Request], score: int) -> int:
    """How many requests carried an entry with this score."""
    sent = [each.post_data_json for each in requests if each.url.endswith("/api/phone/sync")]
    items = [item for body in sent if body for item in body["items"]]
    return sum(item.get("scores") == {"main": score} for item in items)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "null",
        "[1, 2]",
        '{"web_push": 8030}',
        '{"notification": "?"}',
        '{"notification": {"title": 7, "body": {}, "tag": [], "dir": "up", "data": "?"}}',
    ],
)
def test_a_push_that_says_nothing_readable_shows_one_neutral_notification(
    patient: Patient, text: str
) -> None:
    workers, url = patient.phone.workers, f"{patient.url}/"
    before = workers.displayed
    workers.deliver_push(url, text)
    wait_for(patient, lambda: workers.displayed > before)
    patient.phone.context.pages[0].wait_for_timeout(300)
    [shown] = workers.notifications(url)
    assert (shown["title"], shown["body"]) == ("Diary", "Time for your entry.")
    assert shown["icon"] == f"{patient.url}/icons/icon-192.png"
    assert shown["badge"] == f"{patient.url}/icons/badge-96.png"
    assert workers.displayed == before + 1


def test_pressing_a_notification_brings_the_open_diary_to_the_front_or_opens_it(
    patient: Patient,
) -> None:
    workers, url = patient.phone.workers, f"{patient.url}/"
    push = {"notification": {"title": "Diary", "body": "Time for your entry.", "tag": "t"}}
    for address, expected in [
        ("/", ["focus", f"{patient.url}/"]),
        ("/clinic/sign-in", ["open", "/"]),
    ]:
        patient.phone.close_app()
        patient.phone.open(f"{patient.url}{address}")
        before = workers.displayed
        workers.deliver_push(url, json.dumps(push))
        wait_for(patient, lambda before=before: workers.displayed > before)
        workers.running(url).evaluate(NOTE_WINDOWS)
        workers.click_notification(url, "t")
        assert workers.running(url).evaluate("self.asked") == [expected]
        assert workers.notifications(url) == []


def test_a_subscription_that_the_browser_dropped_is_renewed_and_the_server_told(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    def endpoints() -> list[str]:
        with server.database.reading() as session:
            clinic_id = session.get_one(Enrolment, sheet.enrolment_id).clinic_id
            live = subscriptions.live(session, clinic_id, sheet.patient_id)
            return [json.loads(Vault(SECRET_KEY).open(each.sealed))["endpoint"] for each in live]

    patient.open()  # allowed already: the phone subscribes by itself
    [first] = wait_for(patient, endpoints)
    worker = patient.phone.workers.running(f"{patient.url}/")
    worker.evaluate(LOSE_SUBSCRIPTION)
    renewed = worker.evaluate(
        "self.registration.pushManager.getSubscription().then(found => found.endpoint)"
    )
    assert renewed != first
    assert endpoints() == [renewed]


def test_an_entry_of_one_window_shows_in_the_other_and_is_sent_once(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    requests: list[Request] = []
    patient.phone.context.on("requestfinished", lambda request: requests.append(request))
    other = patient.phone.open(f"{patient.url}/#/entries")
    patient.phone.open(f"{patient.url}/#/rate")
    patient.phone.set_offline(True)
    patient.rate(2)
    rows = other.locator("main li")
    expect(rows.first).to_contain_text("Saved on this phone")

    patient.phone.set_offline(False)  # both windows and the worker hear of it
    expect(rows.first).to_contain_text("At your clinic")
    patient.page.wait_for_timeout(1000)
    assert posts_of(requests, 2) == 1
    assert [each.content["scores"] for each in server.entries(sheet.block_id)] == [{"main": 2}]


def test_with_every_window_closed_the_worker_sends_once_there_is_a_network(
    patient: Patient, server: DiaryServer, sheet: Sheet
) -> None:
    requests: list[Request] = []
    patient.phone.context.on("requestfinished", lambda request: requests.append(request))
    before = len(server.entries(sheet.block_id))
    patient.phone.open(f"{patient.url}/#/rate")
    patient.phone.set_offline(True)
    patient.rate(9)
    registered = "navigator.serviceWorker.ready.then(ready => ready.sync.getTags())"
    wait_for(patient, lambda: patient.page.evaluate(registered) == ["sync"])
    patient.phone.close_app()
    assert len(server.entries(sheet.block_id)) == before
    patient.phone.set_offline(False)
    wait_for(patient, lambda: len(server.entries(sheet.block_id)) > before)
    assert server.entries(sheet.block_id)[-1].content["scores"] == {"main": 9}

    # Asked for once more, though all is sent: the clinic, which may not know the phone any more, is left alone.
    worker = patient.phone.workers.running(f"{patient.url}/")
    wait_for(patient, lambda: worker.evaluate(WAITING) == 0 and posts_of(requests, 9) == 1)
    requests.clear()
    patient.phone.workers.deliver_sync(f"{patient.url}/", "sync")
    patient.phone.context.pages[0].wait_for_timeout(1000)
    assert [each.url for each in requests] == []


def test_the_worker_answers_for_the_app_alone(patient: Patient) -> None:
    page = patient.phone.open(f"{patient.url}/")

    def by_worker(address: str, method: str = "GET") -> bool:
        def is_mine(answer: Response) -> bool:
            asked = answer.request
            return asked.url == f"{patient.url}{address}" and asked.method == method

        with page.expect_response(is_mine) as answered:
            page.evaluate(f"fetch('{address}', {{ method: '{method}' }}).then(() => true)")
        return answered.value.from_service_worker

    assert by_worker("/manifest.webmanifest")
    for address in ["/healthz", "/api/openapi.json", "/clinic/", "/api/phone/sync"]:
        assert not by_worker(address), address
    assert not by_worker("/", "POST")
    for address, expected in [("/", True), ("/e", True), ("/clinic/sign-in", False)]:
        answer = patient.phone.context.new_page().goto(f"{patient.url}{address}")
        assert answer is not None
        assert answer.from_service_worker == expected, address


def test_without_a_server_the_app_opens_and_nothing_else_pretends_to(
    patient: Patient, server: DiaryServer
) -> None:
    page: Page = patient.phone.open(f"{patient.url}/")
    server.stop()
    try:
        assert page.evaluate("fetch('/healthz').then(() => 'answered', () => 'failed')") == "failed"
        with pytest.raises(PlaywrightError, match="net::ERR_"):
            page.goto(f"{patient.url}/clinic/sign-in")
        patient.open()
        expect(patient.title()).to_be_visible()
    finally:
        server.start()
