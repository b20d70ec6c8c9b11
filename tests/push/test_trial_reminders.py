"""A reminder on trial goes to the phone that asked for it, once, and to no other."""

from datetime import timedelta

import pytest

from server.push.trial_reminders import send_asked
from server.push.web_push import WebPush
from server.storage import enrolments, trial_reminders
from server.storage.audit import SYSTEM
from server.storage.trial_reminders import SAME_WITHIN, WAITED_FOR, NotSubscribed
from tests.push.scene import PUBLIC_URL, T0, Scene
from tests.push.stand_in import Reply
from tests.push.test_payload import health_words_in

MOMENT = timedelta(seconds=1)


def ask(scene: Scene, at: timedelta = timedelta(0)) -> None:
    with scene.database.transaction() as session:
        trial_reminders.ask(session, session.merge(scene.device, load=False), T0 + at)


def send(scene: Scene, at: timedelta = timedelta(0)) -> int:
    web_push = WebPush(scene.vault, scene.sender, PUBLIC_URL)
    return send_asked(scene.database, web_push, lambda: T0 + at)


def test_it_goes_to_the_phone_that_asked_in_neutral_words_and_once(scene: Scene) -> None:
    scene.add_phone("/second")
    assert send(scene) == 0
    ask(scene)
    assert send(scene) == 1
    assert send(scene, MOMENT) == 0
    [post] = scene.service.posted
    assert post.path == scene.browser.path
    assert post.headers["urgency"] == "high"
    assert int(post.headers["ttl"]) == WAITED_FOR.total_seconds()
    message = scene.browser.decrypt(post)
    shown = message["notification"]
    assert (message["web_push"], message["mutable"]) == (8030, True)
    assert (shown["title"], shown["body"]) == ("Diary", "Time for your entry.")
    assert shown["data"] == {"trial": True}
    assert health_words_in(" ".join([shown["title"], shown["body"], shown["tag"]]), "en") == []
    assert scene.reminder().state == "planned"


@pytest.mark.parametrize(
    ("later", "sent"),
    [(SAME_WITHIN - MOMENT, 1), (SAME_WITHIN, 2), (SAME_WITHIN + MOMENT, 2)],
)
def test_pressed_twice_in_a_row_it_is_one(scene: Scene, later: timedelta, sent: int) -> None:
    ask(scene)
    send(scene)
    ask(scene, later)
    send(scene, later)
    assert scene.posts() == sent


@pytest.mark.parametrize(("later", "sent"), [(WAITED_FOR - MOMENT, 1), (WAITED_FOR, 0)])
def test_one_that_nobody_waits_for_any_more_is_not_sent(
    scene: Scene, later: timedelta, sent: int
) -> None:
    ask(scene)
    assert send(scene, later) == sent


def test_a_phone_that_is_let_in_no_more_gets_none(scene: Scene) -> None:
    ask(scene)
    with scene.database.transaction() as session:
        enrolments.revoke_device(session, scene.device.clinic_id, scene.device.id, SYSTEM, T0)
    assert send(scene) == 0


def test_a_browser_that_has_gone_is_retired_and_reminders_are_off_there(scene: Scene) -> None:
    scene.service.will(scene.browser.path, Reply(410))
    ask(scene)
    assert send(scene) == 0
    with pytest.raises(NotSubscribed):
        ask(scene, SAME_WITHIN)


def test_a_push_service_that_refuses_costs_only_that_one(scene: Scene) -> None:
    scene.service.will(scene.browser.path, Reply(500))
    ask(scene)
    assert send(scene) == 0
    ask(scene, SAME_WITHIN)
    assert send(scene, SAME_WITHIN) == 1
