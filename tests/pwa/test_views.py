"""Every screen of the phone, in every case of the gallery, as a person meets it."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pwa import build
from server.words.catalogues import LANGUAGES
from tests.browser.accessibility import axe_violations
from tests.pwa.colours import contrast
from tests.pwa.gallery.pages import DRAWN, LOOKS, ORIGIN, T0, Gallery, gallery, show, speak


def after_block(minutes: int) -> datetime:
    return T0 + timedelta(minutes=minutes)


def ms(minutes: int) -> int:
    """So many minutes after the block, in epoch milliseconds."""
    return int(after_block(minutes).timestamp() * 1000)


FAULTS = """
({ strict }) => {
  const faults = [];
  const box = element => element.getBoundingClientRect();
  const seen = element => element.checkVisibility() && !element.closest('.unseen');
  const name = element => `${element.localName} "${element.textContent.trim().slice(0, 40)}"`;
  const root = document.scrollingElement;
  if (root.scrollWidth > innerWidth) faults.push(`scrolls sideways: ${root.scrollWidth} px`);
  for (const element of document.querySelectorAll('#app *')) {
    if (!seen(element) || element.closest('svg')) continue;
    const { left, right } = box(element);
    if (left < -0.5 || right > innerWidth + 0.5)
      faults.push(`outside the screen: ${name(element)}`);
    const inline = getComputedStyle(element).display === 'inline';
    if (!inline && element.clientWidth && element.scrollWidth > element.clientWidth + 1)
      faults.push(`clipped: ${name(element)} ${element.scrollWidth} > ${element.clientWidth}`);
  }
  for (const element of document.querySelectorAll('a, button, summary, input, textarea')) {
    const target = element.closest('label:has([type=radio], [type=checkbox])') ?? element;
    if (!seen(target)) continue;
    const { width, height } = box(target);
    if (Math.min(width, height) < 43.99)
      faults.push(`small target: ${name(target)} ${width}x${height}`);
  }
  const actions = [...document.querySelectorAll('.actions .button')].filter(seen);
  scrollTo(0, 0);
  const main = actions.find(button => button.matches('.primary')) ?? actions.at(-1);
  if (main && getComputedStyle(main).position === 'sticky'
      && getComputedStyle(main).backgroundColor === 'rgba(0, 0, 0, 0)')
    faults.push(`words show through: ${name(main)}`);
  for (const button of strict ? actions : [main].filter(Boolean)) {
    const { top, bottom } = box(button);
    if (bottom > innerHeight + 0.5 || top < 0) faults.push(`action not visible: ${name(button)}`);
  }
  const primary = actions.at(-1);
  if (strict && primary && box(primary).top < innerHeight * 2 / 3 - 1)
    faults.push(`action out of the thumb's reach: ${name(primary)}`);
  const texts = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (!seen(text.parentElement)) continue;
    for (const { 0: time, index } of text.data.matchAll(/\\d+:\\d\\d/g)) {
      const range = new Range();
      range.setStart(text, index);
      range.setEnd(text, index + time.length);
      const lines = new Set(Array.from(range.getClientRects(), line => Math.round(line.top)));
      if (lines.size > 1) faults.push(`time broken into ${lines.size} lines: ${time}`);
    }
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  return faults;
}
"""


@pytest.fixture(scope="module")
def shown() -> Iterator[Gallery]:
    with gallery() as running:
        yield running


def test_every_screen_of_the_app_has_a_case(shown: Gallery) -> None:
    with shown.page(LOOKS["light"]) as page:
        page.goto(f"{ORIGIN}?/")
        assert (
            page.evaluate(
                "gallery.screens.filter(name => !Object.keys(gallery.cases[name]).length)"
            )
            == []
        )


FAULTS_IN_EACH_LANGUAGE = (
    """
async languages => {
  const find = FAULTS;
  const frame = () => new Promise(requestAnimationFrame);
  const faults = [];
  for (const language of languages) {
    gallery.speak(catalogues[language]);
    while (document.documentElement.lang !== language) await frame();
    faults.push(...find({ strict: false }).map(fault => `${language}: ${fault}`));
  }
  return faults;
}
"""
).replace("FAULTS", FAULTS.strip(), 1)
AXE = build.MODULES / "axe-core" / "axe.min.js"


def test_every_language_fits_at_320_px_and_text_of_200_percent(shown: Gallery) -> None:
    """English too: nothing is clipped, hidden or too small."""
    faults = []
    with shown.page(LOOKS["large-text"]) as page:
        for screen, name, case in shown.cases:
            show(page, screen, name, case)
            found = page.evaluate(FAULTS, {"strict": False})
            found += page.evaluate(FAULTS_IN_EACH_LANGUAGE, list(LANGUAGES[1:]))
            faults += [f"{screen}/{name} {fault}" for fault in found]
    assert faults == []


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_nothing_is_clipped_hidden_too_small_or_unreadable_in_any_language(
    shown: Gallery, look: str, half: int
) -> None:
    faults = []
    with shown.page(LOOKS[look]) as page:
        for screen, name, case in shown.cases[half::2]:
            show(page, screen, name, case)
            found = page.evaluate(FAULTS, {"strict": True})
            for language in LANGUAGES:
                if language != "en":
                    speak(page, language)
                found += [f"{language}: {each}" for each in axe_violations(page, AXE)]
            faults += [f"{screen}/{name}: {fault}" for fault in found]
    assert faults == []


def test_filled_controls_can_be_read_in_forced_colours(shown: Gallery) -> None:
    with shown.page(LOOKS["forced-colours"]) as page:
        open_case(shown, page, "rate", "chosen")
        for selector in (".button.primary", ".point :checked + span"):
            colours = page.eval_on_selector(
                selector,
                "e => (({forcedColorAdjust, color, backgroundColor}) =>"
                " [forcedColorAdjust, color, backgroundColor])(getComputedStyle(e))",
            )
            assert colours[0] == "none", "otherwise the browser lays a plate behind the words"
            ink, ground = ("#" + "".join(f"{int(c):02x}" for c in rgb(c)) for c in colours[1:])
            assert contrast(ink, ground) >= 4.5


def rgb(css: str) -> list[str]:
    return re.findall(r"\d+", css)[:3]


@pytest.fixture
def phone(shown: Gallery) -> Iterator[Page]:
    with shown.page(LOOKS["light"]) as page:
        yield page


def open_case(shown: Gallery, page: Page, screen: str, name: str) -> None:
    case = next(case for of, called, case in shown.cases if (of, called) == (screen, name))
    show(page, screen, name, case)


def asked(page: Page, action: str) -> list[Any]:
    """What the screens asked of the diary under this name, oldest first."""
    return [what[1:] for what in page.evaluate("gallery.asked") if what[0] == action]


def asks(page: Page, action: str) -> list[Any]:
    """The same of a tap that asks for it: the page hears of a tap in its own time."""
    page.wait_for_function("action => gallery.asked.some(([name]) => name === action)", arg=action)
    return asked(page, action)


def test_a_plain_rating_is_two_taps(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "empty")
    phone.tap("[value='4']")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("h1:text-is('Saved on this phone, 11:00')")
    (rating,) = asks(phone, "save")[0]
    assert rating["scores"] == {"main": 4}
    assert rating["feltAt"] is None and rating["replaces"] is None
    assert (rating["activities"], rating["rescueAt"], rating["note"]) == ([], None, None)
    assert (rating["answeredBy"], rating["unableReason"]) == ("patient", None)


def test_nothing_is_chosen_beforehand(shown: Gallery, phone: Page) -> None:
    for screen, name in (
        ("rate", "empty"),
        ("rate", "four sites"),
        ("baseline", "empty"),
        ("correct", "filled"),
    ):
        open_case(shown, phone, screen, name)
        assert phone.locator("[type=radio]:checked").count() == 0, f"{screen}/{name}"


def test_the_scale_is_0_to_5_over_6_to_10_of_equal_size(shown: Gallery, phone: Page) -> None:
    for look in LOOKS:
        with shown.page(LOOKS[look]) as page:
            open_case(shown, page, "rate", "chosen")
            boxes = [page.locator(".point").nth(point).bounding_box() for point in range(11)]
            assert len({(round(box["width"]), round(box["height"])) for box in boxes}) == 1, look
            upper, lower = boxes[:6], boxes[6:]
            assert [len({round(box["y"]) for box in row}) for row in (upper, lower)] == [1, 1], look
            assert upper[0]["y"] < lower[0]["y"], look
            first, last = (page.locator(f".end.{end}").bounding_box() for end in ("first", "last"))
            assert first["x"] == pytest.approx(upper[0]["x"], abs=1), look
            assert last["x"] + last["width"] >= lower[4]["x"] + lower[4]["width"] - 1, look
            for row in (upper, lower):
                places = [box["x"] for box in row]
                assert places == sorted(places), look


def test_the_stamp_is_the_last_tap_of_a_score_not_the_end_of_a_note(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "empty")
    phone.tap("[value='3']")
    phone.clock.set_fixed_time(after_block(61))
    phone.tap("[value='2']")
    phone.clock.set_fixed_time(after_block(64))
    phone.tap("summary")
    phone.fill("textarea", "Up the stairs")
    phone.tap("button:text-is('Save')")
    (rating,) = asks(phone, "save")[0]
    assert rating["tappedAt"] == ms(61)
    assert (rating["scores"], rating["note"]) == ({"main": 2}, "Up the stairs")


def test_a_failed_save_keeps_the_answer_and_says_so(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "error")
    phone.wait_for_selector("[role=alert]:has-text('Not saved. Your answer is still here.')")
    assert phone.locator("[type=radio]:checked").get_attribute("value") == "4"
    assert phone.locator("button:text-is('Try again to save')").is_visible()
    assert asked(phone, "answering")[-1] == [True]


SLIVERS = """
() => {
  const foot = document.querySelector('.actions');
  const top = foot.getBoundingClientRect().top;
  return [...document.querySelectorAll('.content :is(a, button, summary, label)')]
    .map(target => [top - target.getBoundingClientRect().top, target])
    .filter(([shows, target]) => shows > 0 && shows < Math.min(24, target.offsetHeight))
    .map(([shows, target]) => `${shows} px of ${target.textContent}`);
}
"""


@pytest.mark.parametrize(
    ("look", "screen", "name"),
    [("dark", "reminders", "filled"), ("dark", "complete", "filled"), ("light", "rate", "daily")],
)
def test_no_sliver_of_a_control_shows_above_the_actions(
    shown: Gallery, look: str, screen: str, name: str
) -> None:
    """Whatever is above it, on a page that stays as long as it was."""
    with shown.page(LOOKS[look]) as page:
        open_case(shown, page, screen, name)
        reached = set()
        for pixels in range(0, 120, 5):
            page.evaluate(
                "n => { document.querySelector('h1').style.marginTop = `${n}px` }", pixels
            )
            page.evaluate(DRAWN)
            assert page.evaluate(SLIVERS) == [], pixels
            reached.add(page.evaluate("document.querySelector('.actions').style.marginBlockStart"))
            long = "document.body.scrollHeight"
            before = page.evaluate(long)
            page.evaluate("document.querySelector('.actions').removeAttribute('style')")
            assert page.evaluate(long) == before
        assert len(reached) > 2


def test_the_scale_stays_under_the_thumb_when_what_is_below_it_changes(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "filled")
    top = "document.querySelector('.scale').getBoundingClientRect().top"
    before = phone.evaluate(top)
    room = "parseFloat(document.querySelector('.answer').style.marginBlockStart)"
    assert phone.evaluate(room) > 20  # it lies low, so that there is room to move up into
    phone.evaluate("document.querySelector('details').open = true")
    assert phone.evaluate(top) == before
    phone.evaluate("document.querySelector('.answer > :last-child').remove()")
    assert phone.evaluate(top) == before


def test_a_reminder_on_trial_that_does_not_come_leads_to_what_helps(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "reminders", "filled")
    phone.get_by_role("button", name="Send a test reminder").tap()
    phone.wait_for_selector("div:focus:has-text('It is on its way.')")
    phone.get_by_role("button", name="It has not come").tap()
    phone.wait_for_selector("div:focus:has-text('Look at “If reminders fail” below.')")
    phone.get_by_role("button", name="Send a test reminder").tap()
    phone.get_by_role("button", name="It has come").tap()
    phone.wait_for_selector(".notice.ok:has-text('It works')")
    assert len(asked(phone, "tryReminder")) == 2


def test_quiet_hours_are_kept_only_with_both_times(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "reminders", "filled")
    phone.get_by_label("From").fill("")
    phone.get_by_role("button", name="Done").tap()
    phone.wait_for_selector("[role=alert]:has-text('Not saved. Fill in both times.')")
    assert asked(phone, "setQuietHours") == []
    phone.get_by_label("From").fill("22:15")
    phone.get_by_role("button", name="Done").tap()
    assert asks(phone, "setQuietHours") == [["22:15", "07:30"]]


def test_a_missing_score_of_one_site_is_asked_for_and_not_saved(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "two sites")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("text=Tap a number for: Right side.")
    assert asked(phone, "save") == []
    phone.wait_for_function("document.activeElement.name === 'score-1'")


def test_the_answer_survives_a_look_at_help(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.tap("text=Help")
    phone.wait_for_selector("main.view-help")
    phone.tap("text=Back")
    phone.wait_for_selector("main.view-rate")
    assert phone.locator("[type=radio]:checked").get_attribute("value") == "10"


@pytest.mark.parametrize(("minutes", "kept"), [(10, 1), (11, 0)])
def test_a_score_is_forgotten_once_it_is_too_old_for_now(
    shown: Gallery, phone: Page, minutes: int, kept: int
) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.evaluate("by => { gallery.diary.now.value += by }", minutes * 60_000)
    phone.wait_for_timeout(50)
    expect(phone.locator("[type=radio]:checked")).to_have_count(kept)


def test_a_begun_answer_stays_when_its_window_closes(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.clock.set_fixed_time(after_block(88))
    phone.tap("[value='6']")
    phone.evaluate("now => { gallery.diary.now.value = now }", ms(91))
    phone.wait_for_timeout(50)
    assert phone.locator("[type=radio]:checked").get_attribute("value") == "6"


def test_undo_takes_back_for_five_seconds(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.tap("button:text-is('Save')")
    phone.tap("button:text-is('Undo')")
    phone.wait_for_selector("main.view-rate")
    assert len(asked(phone, "withdraw")) == 1
    assert phone.locator("[type=radio]:checked").count() == 0

    phone.tap("[value='5']")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector("button:text-is('Undo')")
    phone.wait_for_selector("button:text-is('Undo')", state="detached")


def test_taken_back_entries_stay_in_the_list_crossed_out(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "entries", "filled")
    rows = phone.locator(".entry.struck")
    assert [text.split("\n")[-2] for text in rows.all_inner_texts()] == ["Corrected", "Taken back"]
    assert rows.locator("del").count() == 2


def test_a_memory_is_about_the_hour_that_passed(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "now", "missed")
    phone.tap("text=Add 11:00 from memory")
    phone.tap("[value='2']")
    phone.tap("button:text-is('Save')")
    (rating,) = asks(phone, "save")[0]
    assert rating["feltAt"] == ms(60)
    assert rating["tappedAt"] == ms(98)


def test_a_correction_names_the_entry_and_keeps_its_moment(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "correct", "filled")
    phone.tap("[value='3']")
    phone.tap("button:text-is('Save')")
    (rating,) = asks(phone, "save")[0]
    assert rating["feltAt"] == ms(62)
    assert rating["replaces"] is not None
    assert rating["rescueAt"] == ms(20)
    assert (rating["activities"], rating["answeredBy"]) == (["walking", "chores"], "helper")
    assert (rating["statedPercent"], rating["afterEffects"]) == (80, ["soreness", "infection"])


def test_relief_as_the_patient_puts_it_goes_along_and_changes_no_score(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.tap("summary")
    phone.get_by_label("Your own estimate").select_option(label="80%")
    phone.tap("button:text-is('Save')")
    (rating,) = asks(phone, "save")[0]
    assert (rating["scores"], rating["statedPercent"]) == ({"main": 10}, 80)


def test_the_advice_on_after_effects_is_the_same_whatever_is_told(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "daily")
    advice = {phone.inner_text(".advice")}
    assert "Nobody watches this live" in min(advice)
    assert phone.get_by_role("link", name="Call 555-0100").get_attribute("href") == "tel:5550100"
    for told in ("Soreness", "Fever", "Bleeding"):
        phone.tap(f".chip:has-text('{told}')")
        advice.add(phone.inner_text(".advice"))
    assert len(advice) == 1
    phone.tap("[value='2']")
    phone.tap("button:text-is('Save')")
    (rating,) = asks(phone, "save")[0]
    assert rating["afterEffects"] == ["soreness", "infection"]


def test_the_own_picture_and_its_table_say_the_same(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "picture", "filled")
    curve = phone.get_by_role("img", name="Your pain since the injection")
    assert curve.locator(".dot").count() == 6
    assert curve.locator(".dot.recalled").count() == 1
    assert curve.locator("polyline").count() == 1  # the hours before the gap
    assert curve.locator("text:has-text('Before: 7')").count() == 1
    words = phone.locator("figcaption").inner_text()
    assert words.startswith(
        "Before the injection: 7. Since then 6 scores, from 1 to 4, the last 3."
    )
    assert curve.get_attribute("aria-describedby") == phone.locator("figcaption").get_attribute(
        "id"
    )
    rows = phone.locator("tbody tr").all_inner_texts()
    assert len([row for row in rows if "to come" in row]) == 7
    assert [row for row in rows if "from memory" in row and "2 from" in row] != []
    assert phone.get_by_text("6 of 14 times answered. 1 passed.").is_visible()
    assert phone.get_by_text("Next reminder: 16:00, in 20 minutes.").is_visible()
    assert phone.get_by_text("2 entries wait on this phone, since 11:02.").is_visible()
    phone.get_by_role("link", name="Add 14:00 from memory").tap()
    phone.wait_for_selector("h1:text-is('How strong was your pain at 14:00?')")


@pytest.mark.parametrize(
    ("unsent", "language", "going"),
    [
        (1, "en", "It goes to your clinic by itself."),
        (2, "en", "They go to your clinic by themselves."),
        (2, "es", "Se enviarán solas a su clínica."),
        (2, "ar", "سيصلان إلى عيادتك تلقائيًا."),
        (3, "ar", "ستصل إلى عيادتك تلقائيًا."),
    ],
)
def test_what_waits_is_told_of_one_entry_or_of_several(
    shown: Gallery, phone: Page, unsent: int, language: str, going: str
) -> None:
    open_case(shown, phone, "picture", "filled")
    phone.evaluate(
        "n => Object.assign(gallery.diary.sync.value, { phase: 'idle', unsent: n })", unsent
    )
    speak(phone, language)
    assert phone.locator(".state p").inner_text().endswith(going)


def test_a_score_stays_on_the_line_of_its_site(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "now", "two sites")
    assert phone.locator(".score").inner_text() == "Left side\u00a02, Right side\u00a05"


def test_the_axis_is_in_the_digits_of_the_scores(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "picture", "filled")
    phone.evaluate("Object.defineProperty(navigator, 'language', { value: 'ar-EG' })")
    speak(phone, "ar")
    axis = phone.locator(".curve text").all_text_contents()
    assert "٤" in axis and not re.search("[0-9]", "".join(axis))


def test_one_score_is_told_without_a_span(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "picture", "filled")
    phone.evaluate("gallery.diary.entries.value = gallery.diary.entries.value.slice(0, 1)")
    said = phone.locator("figcaption", has_text="Since then 1 score: 3.")
    said.wait_for()


def saved_file(page: Page, title: str) -> str:
    section = page.locator("section", has=page.get_by_role("heading", name=title))
    with page.expect_download() as started:
        section.get_by_role("button", name="Save on this phone").tap()
    assert re.fullmatch(r"diary-2026-03-0\d\.(csv|html)", started.value.suggested_filename)
    return Path(started.value.path()).read_text(encoding="utf-8")


def test_the_table_to_keep_has_every_entry_with_what_became_of_it(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "your-data", "unsent")
    rows = list(csv.DictReader(io.StringIO(saved_file(phone, "A table").removeprefix("\ufeff"))))
    assert [row["Time"] for row in rows] == sorted(row["Time"] for row in rows)
    assert len(rows) == 10, "the withdrawal is said at the entry that it takes back"
    by_time = {(row["Time"], row["Written"]): row for row in rows}
    taken = by_time[("2026-03-02 10:31 +00:00", "2026-03-02 10:31 +00:00")]
    assert (taken["Pain, 0 to 10"], taken["Counts"]) == ("3", "no, taken back")
    assert [row["Counts"] for row in rows].count("no, corrected") == 1
    recalled = by_time[("2026-03-02 10:15 +00:00", "2026-03-02 11:15 +00:00")]
    assert recalled["Kind"] == "From memory"
    told = next(row for row in rows if row["Note"])
    assert told["Note"] == "Walked to the shop and back, then carried the bags up the stairs."
    assert (told["Relief as you put it"], told["Answered by"]) == ("80%", "Someone else")
    assert told["Extra pain medicine"] == "2026-03-02 10:20 +00:00"
    [refused] = [row for row in rows if "could not take it" in row["Where it is"]]
    assert refused["Counts"] == "no, not taken"


def test_the_page_to_print_needs_nothing_but_itself(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "your-data", "filled")
    text = saved_file(phone, "A page to print")
    assert not re.search(r"<script|https?://(?!www\.w3\.org)|src=|href=", text)
    page = phone.context.new_page()
    page.set_content(text)
    assert page.locator("h1").inner_text() == "Pain diary"
    assert page.locator("tbody tr").count() == 13
    assert page.locator("svg .dot").count() == 12
    assert page.locator("svg").bounding_box()["width"] > 200
    page.close()


@pytest.mark.parametrize("name", ["unsent", "two sites"])
def test_the_page_to_print_fits_on_paper_and_on_the_phone(
    shown: Gallery, phone: Page, name: str
) -> None:
    open_case(shown, phone, "your-data", name)
    text = saved_file(phone, "A page to print")
    page = phone.context.new_page()
    page.set_content(text)
    sideways = "[document.documentElement.scrollWidth, innerWidth]"
    assert max(page.evaluate(sideways)) == 393
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 965, "height": 700})  # Letter across, without its margins
    right = page.eval_on_selector("table", "e => e.getBoundingClientRect().right")
    assert right <= 965
    page.close()


def test_deleting_warns_of_what_is_only_here_and_asks_once_more(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "your-data", "unsent")
    assert phone.get_by_text("2 entries are only on this phone.").is_visible()
    phone.tap("button:text-is('Delete all the same')")
    assert asked(phone, "leave") == []
    phone.tap("button:text-is('No, keep it')")
    phone.tap("button:text-is('Delete all the same')")
    phone.tap("button:text-is('Yes, delete and lose them')")
    assert asks(phone, "leave") == [[True]]

    open_case(shown, phone, "your-data", "filled")
    phone.tap("button:text-is('Delete from this phone')")
    phone.tap("button:text-is('Yes, delete')")
    assert asks(phone, "leave") == [[False]]


def test_what_is_told_of_after_effects_is_not_lost_when_no_number_is_possible(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "rate", "daily")
    phone.tap("summary")
    phone.tap("text=No number possible?")
    phone.tap("text=I cannot rate my pain now")
    (rating,) = asks(phone, "save")[0]
    assert (rating["kind"], rating["afterEffects"]) == ("unable", ["bleeding"])


def test_encouragement_to_be_active_carries_its_cautions(shown: Gallery, phone: Page) -> None:
    for screen, name in (("now", "filled"), ("waiting", "filled"), ("rate", "filled")):
        open_case(shown, phone, screen, name)
        assert re.search("brings? on your pain|usually hurts", phone.inner_text("main")), screen
        cautions = phone.get_by_text("Do not walk alone").inner_text()
        for word in ("numb", "sleepy", "drive"):
            assert word in cautions


def test_the_clinics_own_words_stand_where_the_cautions_stand(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "waiting", "own words")
    told = phone.inner_text("main")
    assert "Keep the skin dry for a day.\nBring this phone to your next visit." in told
    assert "Do not drive, cycle or climb for a day." in told
    assert "Do not walk alone" not in told
    speak(phone, "fr")
    assert phone.get_by_text("Ne conduisez pas avant demain.").is_visible()
    speak(phone, "es")  # nothing of the clinic's own in it
    own = phone.locator("p.as-written").all_inner_texts()
    assert len(own) == 1 and "No conduzca" in own[0]


@pytest.mark.parametrize(
    ("clock", "saved"), [("03:19", 0), ("03:20", 1), ("09:19", 1), ("09:25", 0)]
)
def test_baseline_medicine_is_of_the_last_6_hours(
    shown: Gallery, phone: Page, clock: str, saved: int
) -> None:
    open_case(shown, phone, "baseline", "empty")
    phone.clock.set_fixed_time(after_block(-40))  # 09:20
    phone.tap("[value='7']")
    phone.tap("text=I took extra")
    phone.fill("[type=time]", clock)
    phone.tap("button:text-is('Save')")
    if saved:
        assert [rating["kind"] for (rating,) in asks(phone, "save")] == ["baseline"]
    else:
        phone.wait_for_selector("text=That is not in the last 6 hours.")
        assert asked(phone, "save") == []


@pytest.mark.parametrize(
    ("clock", "started"), [("09:55", True), ("22:05", True), ("22:04", False), ("10:06", False)]
)
def test_the_injection_was_within_the_last_12_hours(
    shown: Gallery, phone: Page, clock: str, started: bool
) -> None:
    open_case(shown, phone, "injection-done", "empty")  # at 10:05
    phone.tap("text=At another time")
    phone.fill("[type=time]", clock)
    phone.tap("button:has-text('Confirm')")
    if started:
        assert len(asks(phone, "injectionDone")) == 1
    else:
        phone.wait_for_selector("text=Give a time in the last 12 hours.")
        assert asked(phone, "injectionDone") == []


def test_a_code_is_forgiven_case_spaces_and_dashes(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "enrol", "empty")
    phone.fill(".code", " ab-cd 23–45 ")
    phone.press(".code", "Enter")
    assert asks(phone, "enrol") == [[{"code": "ABCD2345"}]]


def test_a_link_is_redeemed_by_a_press_and_never_before(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "enrol", "link")
    assert asked(phone, "enrol") == []
    phone.tap("text=Link this phone >> nth=-1")
    assert asks(phone, "enrol") == [[{"token": "token"}]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("filled", "Tap “Add to Home screen”, then “Install”."),
        ("Samsung", "Tap “Add page to”, then “Home screen”."),
        ("Firefox", "You may have to tap “More” first."),
        ("iPhone", "Open “Diary” from your home screen and go on there."),
        ("iPhone first", "type the code from your sheet."),
    ],
)
def test_each_browser_has_its_own_drawn_steps(
    shown: Gallery, phone: Page, name: str, words: str
) -> None:
    open_case(shown, phone, "install", name)
    steps = phone.locator(".steps li")
    assert words in "\n".join(steps.all_inner_texts())
    assert steps.count() == phone.locator(".steps li svg").count() >= 2


def test_who_cannot_move_the_diary_is_told_what_it_costs_before_it_stays(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "install", "iPhone")
    phone.tap("button:text-is('I cannot do this')")
    expect(phone.locator("main")).to_contain_text("this phone will not remind you")
    assert asked(phone, "stayHere") == []
    phone.tap("button:text-is('Keep it here')")
    assert asks(phone, "stayHere") == [[]]


def test_help_calls_the_clinics_numbers_and_shows_its_own_words(
    shown: Gallery, phone: Page
) -> None:
    open_case(shown, phone, "help", "filled")
    calls = "main a[href^='tel:']"
    hrefs = [link.get_attribute("href") for link in phone.locator(calls).all()]
    assert sorted(map(str, hrefs)) == ["tel:5550100", "tel:5550199", "tel:911"]
    own = phone.locator(".as-written")
    assert own.all_inner_texts() == [
        "Weekdays 08:00 to 17:00",
        "Do not drive home. Let a friend take you.\n\nTake off the plaster tonight.",
    ]
    assert own.first.get_attribute("lang") is None
    speak(phone, "ar")
    assert (own.first.get_attribute("lang"), own.first.get_attribute("dir")) == ("en", "auto")
    open_case(shown, phone, "help", "plain")
    assert phone.locator(calls).count() == 1 and phone.locator(".as-written").count() == 0


def test_a_new_screen_has_the_focus_on_its_heading(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "now", "filled")
    phone.tap("text=Entries")
    phone.wait_for_function("document.activeElement.textContent === 'Your entries'")
    assert phone.title() == "Your entries · Diary"


def test_the_whole_rating_can_be_given_by_keyboard(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "empty")
    for _ in range(10):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.type") == "radio":
            break
    for key in ("Space", "ArrowRight", "ArrowRight"):
        phone.keyboard.press(key)
    for _ in range(10):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.textContent") == "Save":
            break
    phone.keyboard.press("Enter")
    phone.wait_for_selector("main.view-saved")
    assert asked(phone, "save")[0][0]["scores"] == {"main": 2}


def test_saved_and_sent_are_announced(shown: Gallery, phone: Page) -> None:
    open_case(shown, phone, "rate", "chosen")
    phone.tap("button:text-is('Save')")
    phone.wait_for_selector(
        "[role=status]:has-text('Saved on this phone, 11:00')", state="attached"
    )
    phone.evaluate(
        """() => {
          const [first, ...rest] = gallery.diary.entries.value;
          const receivedAt = new Date(Date.now() + 120_000).toISOString();
          gallery.diary.entries.value = [{ ...first, state: 'sent', receivedAt }, ...rest];
        }"""
    )
    phone.wait_for_selector("[role=status]:has-text('At your clinic, 11:02')", state="attached")
    phone.wait_for_selector("h1:text-is('At your clinic, 11:02')")
