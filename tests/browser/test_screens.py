"""Every page of the clinic, in every state, as it is seen: no breach of WCAG, nothing cut off."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import template_rendered
from jinja2 import Template
from playwright.sync_api import Browser, Page, expect
from pypdf import PageObject, PdfReader
from sqlalchemy import delete, text

import server.web
from pwa import build
from server.storage.models import Clinic, ClinicTexts, Patient
from tests.browser.accessibility import axe_violations
from tests.browser.clinic_day import ADMINISTRATOR, NOW, ClinicDay
from tests.browser.clinic_screens import SCREENS, Desk
from tests.browser.diary_server import DiaryServer, diary_server

TEMPLATES = Path(server.web.__file__).parent / "templates"
AXE = build.MODULES / "axe-core" / "axe.min.js"
#: In the dark only colours differ (`tokens.css`): of a screen's accessibility, these.
COLOURS = ("color-contrast", "link-in-text-block")
EVERYTHING = None
#: (width, height, colour scheme, size of the text in percent, which of axe's rules)
LOOKS = (
    (1280, 800, "light", 100, EVERYTHING),
    (1280, 800, "dark", 100, COLOURS),
    (320, 640, "light", 100, EVERYTHING),
    (320, 640, "dark", 100, COLOURS),
    (1280, 800, "light", 200, ()),
    (320, 640, "dark", 200, ()),
)
FAULTS = """
() => {
  const faults = [];
  const name = e => `${e.localName}.${e.className} "${e.textContent.trim().slice(0, 40)}"`;
  const seen = e => e.checkVisibility() && !e.closest('.visually-hidden, .skip, svg, thead');
  if (document.scrollingElement.scrollWidth > innerWidth) faults.push('scrolls sideways');
  for (const e of document.querySelectorAll('body *')) {
    if (!seen(e)) continue;
    const { left, right } = e.getBoundingClientRect();
    if (left < -0.5 || right > innerWidth + 0.5) faults.push(`outside the screen: ${name(e)}`);
    const cut = getComputedStyle(e).display !== 'inline' && !e.matches('input, select')
      && e.clientWidth && e.scrollWidth > e.clientWidth + 1;
    if (cut) faults.push(`clipped: ${name(e)}`);
  }
  for (const e of document.querySelectorAll('button, .button, input:not([type=hidden]), select')) {
    const target = e.closest('.option') ?? e;
    if (!seen(target)) continue;
    const { width, height } = target.getBoundingClientRect();
    if (Math.min(width, height) < 23.99) faults.push(`small target: ${name(target)}`);
  }
  for (const e of document.querySelectorAll('.cards tbody th')) {
    const row = e.closest('tr').getBoundingClientRect();
    if (getComputedStyle(e).display === 'block' && e.getBoundingClientRect().width < row.width - 1)
      faults.push(`narrower than its card: ${name(e)}`);
  }
  for (const e of document.querySelectorAll('td .free')) {
    const lines = new Set([...e.getClientRects()].map(r => Math.round(r.top))).size;
    if (seen(e) && /^[a-z0-9.]{1,15}$/i.test(e.textContent.trim()) && lines > 1)
      faults.push(`a word in two pieces: ${name(e)}`);
  }
  const primary = [...document.querySelectorAll('button, .button')]
    .filter(e => seen(e) && !e.matches('.plain, .second, .danger'));
  for (const e of primary) {
    e.scrollIntoView({ block: 'center' });
    const { left, top, width, height } = e.getBoundingClientRect();
    if (!e.contains(document.elementFromPoint(left + width / 2, top + height / 2)))
      faults.push(`covered: ${name(e)}`);
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('not one h1');
  return faults;
}
"""


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DiaryServer, ClinicDay]]:
    folder = tmp_path_factory.mktemp("clinic")
    with diary_server(folder, push_hosts=["127.0.0.1"], at=NOW) as running:
        day = ClinicDay(running.config, running.database)
        day.fill()
        yield running, day
        day.close()


@pytest.fixture
def at_desk(desk: Browser, clinic: tuple[DiaryServer, ClinicDay]) -> Iterator[Desk]:
    server, day = clinic
    context = desk.new_context(locale="en-GB", timezone_id="Europe/London", reduced_motion="reduce")
    yield Desk(context.new_page(), server.url, day)
    context.close()


def test_every_page_of_the_clinic_is_looked_at(at_desk: Desk, tmp_path: Path) -> None:
    """The list of pages is the app's own: what answers HTML needs states in `SCREENS`."""
    at_desk.sign_in(ADMINISTRATOR)
    met = at_desk.day.followed["met"]
    known: dict[str, Any] = {"block_id": met.block_id, "patient_id": met.patient_id}
    app = at_desk.day.app
    missing = []
    for rule in app.url_map.iter_rules():
        methods = rule.methods or set()
        if not f"{rule.rule}/".startswith("/clinic/") or "GET" not in methods:
            continue
        if rule.endpoint in SCREENS:
            assert {"empty", "error"} <= SCREENS[rule.endpoint].keys(), rule.endpoint
            continue
        assert rule.arguments <= known.keys(), f"{rule.rule}: give it states in SCREENS"
        with app.test_request_context():
            built = app.url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
        answer = at_desk.page.request.get(f"{at_desk.url}{built}", max_redirects=0)
        if answer.status != 404 and "html" in answer.headers.get("content-type", "html"):
            missing.append(rule.rule)
    assert missing == []


def test_every_template_is_looked_at(at_desk: Desk) -> None:
    """Pages that only a form leads to have no address by which the test above could find them."""
    seen: set[str | None] = set()

    def note(_app: object, template: Template, **_more: object) -> None:
        seen.add(template.name)

    with template_rendered.connected_to(note):
        for screen, states in SCREENS.items():
            has_address = "." in screen
            for look in list(states.values())[: 1 if has_address else None]:
                at_desk.page.context.clear_cookies()
                look(at_desk)
    pages = {
        str(each.relative_to(TEMPLATES))
        for each in (TEMPLATES / "clinic").glob("[!_]*.html")
        if each.name != "base.html"
    }
    assert len(pages) > 20
    assert pages - seen == set()


@pytest.mark.parametrize(
    ("screen", "state"), [(screen, state) for screen in SCREENS for state in SCREENS[screen]]
)
def test_it_can_be_read_and_used(at_desk: Desk, screen: str, state: str) -> None:
    SCREENS[screen][state](at_desk)
    assert faults(at_desk.page) == []


def test_on_a_phone_a_patients_reference_has_the_whole_line_on_the_board(at_desk: Desk) -> None:
    at_desk.page.set_viewport_size({"width": 320, "height": 640})
    SCREENS["board.board"]["filled"](at_desk)
    shares = at_desk.page.eval_on_selector_all(
        ".board tbody tr", "rows => rows.map(row => row.cells[0].offsetWidth / row.offsetWidth)"
    )
    assert shares and min(shares) == 1


def test_a_broken_server_says_so_as_plainly(desk: Browser, tmp_path: Path) -> None:
    with diary_server(tmp_path / "data", at=NOW) as server:
        day = ClinicDay(server.config, server.database)
        context = desk.new_context()
        at_desk = Desk(context.new_page(), server.url, day)
        at_desk.sign_in()
        with server.database.transaction() as session:
            session.execute(text("ALTER TABLE staff_member RENAME TO nobody"))
        answer = at_desk.page.goto(f"{server.url}/clinic/")
        assert answer is not None and answer.status == 500
        assert "Something went wrong on the server" in at_desk.page.inner_text("h1")
        assert faults(at_desk.page) == []
        context.close()
        day.close()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize(
    ("screen", "state", "pages"),
    [
        ("sheet.sheet", "made", 1),
        ("sheet.sheet", "from right to left", 1),
        ("block.block", "filled", 1),
        ("block.block", "in progress", 1),
        ("block.block", "signed", 1),
        # Two long names, two versions of an entry and a note of three sentences
        ("block.block", "everything", 2),
    ],
)
def test_it_prints_on_few_pages(
    at_desk: Desk, screen: str, state: str, pages: int, paper: str
) -> None:
    SCREENS[screen][state](at_desk)
    at_desk.page.wait_for_load_state()
    printed = at_desk.page.pdf(format=paper)
    assert 1 <= printed.count(b"/Type /Page\n") <= pages


@pytest.mark.parametrize("screen", ["sheet.sheet", "staff_entry.paper"])
def test_a_patients_paper_has_no_word_of_the_staffs_language(at_desk: Desk, screen: str) -> None:
    with at_desk.day.database.transaction() as session:
        session.execute(delete(ClinicTexts))  # what a clinic wrote in English alone is said so
    SCREENS[screen]["from right to left"](at_desk)
    pages = PdfReader(BytesIO(at_desk.page.pdf(format="A4"))).pages
    printed = " ".join(page.extract_text() for page in pages)
    known = {"Elm", "Pain", "Clinic", "http"}
    assert "2046" in printed
    assert set(re.findall(r"[A-Z]?[a-z]{2,}", printed)) <= known


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_paper_diary_with_all_that_the_clinic_tells_prints_on_one_page(
    at_desk: Desk, paper: str
) -> None:
    """Of the standard protocol, with the time of each row and the clinic's own numbers and hours."""
    day = at_desk.day
    with day.database.transaction() as session:
        patient = session.get_one(Patient, day.followed["met"].patient_id)
        clinic = session.get_one(Clinic, patient.clinic_id)
        clinic.out_of_hours_telephone, clinic.emergency_number = "020 7946 0099", "999"
        hours = "Weekdays 08:00 to 17:00, Saturdays 09:00 to 12:00"
        texts = ClinicTexts(
            clinic_id=clinic.id, language="en", opening_hours=hours, advice="Rest today."
        )
        session.merge(texts)
    at_desk.block("met")
    at_desk.follow("Print a paper diary")
    pages = PdfReader(BytesIO(at_desk.page.pdf(format=paper))).pages
    assert hours in pages[0].extract_text() and "999" in pages[0].extract_text()
    assert len(pages) == 1


def test_a_long_diary_prints_on_more_pages_and_nothing_runs_into_another(
    desk: Browser, tmp_path: Path
) -> None:
    """By the standard protocol, which other tests of this file change at their clinic."""
    with diary_server(tmp_path / "data", at=NOW) as server:
        day = ClinicDay(server.config, server.database)
        day.keep_a_long_diary()
        context = desk.new_context(locale="en-GB", timezone_id="Europe/London")
        at_desk = Desk(context.new_page(), server.url, day)
        for paper in ("A4", "Letter"):
            prints_in_order(at_desk, paper)
        context.close()
        day.close()


def prints_in_order(at_desk: Desk, paper: str) -> None:
    at_desk.block("long")
    report = PdfReader(BytesIO(at_desk.page.pdf(format=paper))).pages
    assert "Conclusion Not signed" in report[0].extract_text()
    assert len(report) <= 4
    at_desk.follow("Print a paper diary")
    expect(at_desk.page.get_by_role("heading", name="Your diary on paper")).to_be_visible()
    diary = PdfReader(BytesIO(at_desk.page.pdf(format=paper))).pages
    assert len(diary) <= 3
    for last, follows in ((report[-1], "Reminders"), (diary[-1], "Bring this paper")):
        lines = lines_of(last)
        place = next(n for n, (_, text) in enumerate(lines) if text.startswith(follows))
        assert place > 2, "rows of the table come before it"
        assert min(height for height, _ in lines[:place]) > lines[place][0]


def lines_of(page: PageObject) -> list[tuple[float, str]]:
    """How far above the foot each piece of text stands, in the order of the page."""
    found: list[tuple[float, str]] = []

    def seen(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if text.strip():
            found.append((tm[4] * cm[1] + tm[5] * cm[3] + cm[5], text.strip()))

    page.extract_text(visitor_text=seen)
    return found


def faults(page: Page) -> list[str]:
    """What is wrong with the page as it is now, in every look."""
    page.wait_for_load_state()
    found = []
    for width, height, scheme, percent, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.evaluate("size => document.documentElement.style.fontSize = size", f"{percent}%")
        wrong = page.evaluate(FAULTS)
        if rules != ():
            wrong += axe_violations(page, AXE, rules)
        found += [f"{width} px, {scheme}, {percent} %: {fault}" for fault in wrong]
    return found


def test_the_faults_are_found(at_desk: Desk) -> None:
    """The measure measures: a page with a fault of each kind is not passed."""
    at_desk.open("sign-in")
    at_desk.page.evaluate(
        """() => {
          const main = document.querySelector('main');
          const wide = Object.assign(document.createElement('p'), { textContent: 'wide' });
          wide.style.width = '2000px';
          const cut = Object.assign(document.createElement('p'), { textContent: 'cut off here' });
          Object.assign(cut.style, { width: '20px', overflow: 'hidden', whiteSpace: 'nowrap' });
          const small = Object.assign(document.createElement('button'), { textContent: 'x' });
          Object.assign(small.style, { width: '9px', padding: 0 });
          const pale = Object.assign(document.createElement('p'), { textContent: 'pale' });
          pale.style.color = '#bbb';
          const dim = Object.assign(document.createElement('p'), { textContent: 'dim' });
          dim.style.color = '#333';
          main.append(wide, cut, small, pale, dim);
        }"""
    )
    found = " ".join(faults(at_desk.page))
    for word in ("scrolls sideways", "outside the screen", "clipped", "small target"):
        assert word in found
    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")):
        assert f"{width} px, {scheme}, 100 %: color-contrast" in found
