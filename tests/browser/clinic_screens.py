"""Every page of the clinic in its states, each opened as a person comes to it.

A page that answers HTML and has no entry in `SCREENS` fails `test_screens`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect
from sqlalchemy import select

from server.storage import accepted_languages
from server.storage.models import Patient
from server.storage.staff import User
from tests.browser.chromium import close_page
from tests.browser.clinic_day import (
    ADMINISTRATOR,
    CAREFUL,
    CLINICIAN,
    NEWCOMER,
    NOW,
    NURSE,
    PASSWORD,
    ClinicDay,
)


@dataclass(frozen=True)
class Desk:
    """A page of a browser at the clinic, nobody signed in, and the day that the server is full of."""

    page: Page
    url: str
    day: ClinicDay

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}/clinic/{path}")

    def sign_in(self, email: str = NURSE, password: str = PASSWORD) -> None:
        """Come to the board, or to what is said when the password is wrong."""
        self.open("sign-in")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password").fill(password)
        with self.page.expect_navigation():
            self.press("Sign in")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def block(self, name: str) -> None:
        self.sign_in()
        self.open(f"blocks/{self.day.followed[name].block_id}")

    def sheet(self, name: str) -> None:
        self.sign_in()
        self.open(f"patients/{self.day.followed[name].patient_id}/sheet")


Recipe = Callable[[Desk], None]


def _sign_in(desk: Desk) -> None:
    desk.open("sign-in")


def _sign_in_failed(desk: Desk) -> None:
    desk.sign_in(password="not it")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _board_empty(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)


def _board(desk: Desk) -> None:
    desk.sign_in()


def _board_stale(desk: Desk) -> None:
    desk.sign_in()
    desk.page.clock.install()
    desk.page.reload()
    desk.page.context.set_offline(True)
    desk.page.clock.run_for(25_000)
    expect(desk.page.get_by_text("Not updated since")).to_be_visible()
    desk.page.context.set_offline(False)


def _enrol(desk: Desk) -> None:
    desk.sign_in()
    desk.open("enrol")


def _fill_enrolment(desk: Desk, reference: str) -> None:
    _enrol(desk)
    desk.page.get_by_label("Patient reference").fill(reference)
    desk.page.get_by_label("Lumbar").check()
    desk.page.get_by_label("Both").check()
    desk.page.get_by_label("Levels").fill("L3/4, L4/5")
    desk.page.get_by_label("Anaesthetic").select_option("ropivacaine")


def _enrol_filled(desk: Desk) -> None:
    _fill_enrolment(desk, "RP-2050")


def _enrol_failed(desk: Desk) -> None:
    _enrol(desk)
    desk.page.get_by_label("Number in the series").fill("0")
    desk.page.get_by_label("Pains to score").fill("left, left")
    desk.page.get_by_label("Time zone").fill("Atlantis")
    desk.page.get_by_label("Patient’s e-mail address").fill("jo@example.org")
    desk.press("Enrol and make the sheet")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _enrol_known(desk: Desk) -> None:
    _fill_enrolment(desk, "RP-2041")
    desk.press("Enrol and make the sheet")
    expect(desk.page.get_by_text("is enrolled already")).to_be_visible()


def _list(*lines: str) -> Recipe:
    content = "\n".join(("reference,region,side,levels,agent", *lines)).encode()

    def sent(desk: Desk) -> None:
        desk.sign_in()
        desk.open("enrol/list")
        desk.page.get_by_label("List of patients").set_input_files(
            {"name": "patients.csv", "mimeType": "text/csv", "buffer": content}
        )
        with desk.page.expect_navigation():
            desk.press("Enrol them all")

    return sent


def _list_empty(desk: Desk) -> None:
    desk.sign_in()
    desk.open("enrol/list")


def _sheet_empty(desk: Desk) -> None:
    desk.sheet("no phone")


def _sheet_with_phones(desk: Desk) -> None:
    desk.sheet("met")


def _sheet_made(desk: Desk) -> None:
    desk.sheet("no phone")
    desk.press("Make the sheet")
    expect(desk.page.locator("p.code")).to_be_visible()


def _sheet_from_right_to_left(desk: Desk) -> None:
    _speak(desk, "ar")
    _sheet_made(desk)
    _speak(desk, "en")  # as the other states want it
    expect(desk.page.locator(".sheet[dir=rtl]")).to_be_visible()


def _speak(desk: Desk, language: str) -> None:
    with desk.day.database.transaction() as session:
        patient = session.get_one(Patient, desk.day.followed["no phone"].patient_id)
        patient.language = language


def _languages(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)
    desk.open("languages/")


def _languages_accepted(desk: Desk) -> None:
    desk.sign_in()
    with desk.day.database.transaction() as session:
        staff_id = session.scalars(select(User.id).where(User.email == NURSE)).one()
        clinic_id = session.get_one(User, staff_id).clinic_id
        for code in ("es", "ar"):
            accepted_languages.accept(session, clinic_id, code, staff_id, NOW)
    desk.open("languages/")


def _contact(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)
    desk.open("contact")


def _contact_filled(desk: Desk) -> None:
    _languages_accepted(desk)  # so that the form asks for more than English
    desk.page.context.clear_cookies()
    desk.sign_in(ADMINISTRATOR)
    desk.open("contact")
    desk.page.get_by_label("Out of hours").fill("020 7946 0099")
    desk.page.get_by_label("Emergency number").fill("999")
    desk.page.get_by_label("Opening hours, English").fill("Weekdays 08:00 to 17:00")
    desk.page.get_by_label("Your advice, English").fill("Do not drive today.\n\nRest if you like.")
    desk.page.get_by_label("Your advice, Arabic").fill("لا تقد السيارة اليوم.")
    desk.press("Save")
    expect(desk.page.get_by_role("status")).to_be_visible()


def _contact_failed(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open("contact")
    desk.page.get_by_label("Telephone").fill("call us")
    desk.press("Save")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _no_such_language(desk: Desk) -> None:
    desk.sign_in()
    desk.open("languages/xx")


def _no_such_patient(desk: Desk) -> None:
    desk.sign_in()
    desk.open("patients/00000000-0000-0000-0000-000000000000/sheet")


def _block(name: str) -> Recipe:
    return lambda desk: desk.block(name)


def _time_missing(desk: Desk) -> None:
    desk.block("waiting")
    desk.press("Set the time and start the diary")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _baseline_refused(desk: Desk) -> None:
    desk.block("everything")
    desk.page.get_by_text("The baseline", exact=True).click()
    desk.page.get_by_label("Score before the block").fill("11")
    desk.press("Enter or confirm the baseline")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _change_opened(desk: Desk) -> None:
    desk.block("in progress")
    for name in ("The block’s time", "The baseline", "E-mail reminders", "Cancel this block"):
        desk.page.locator("summary").get_by_text(name).click()


def _to_sign(name: str) -> Recipe:
    def opened(desk: Desk) -> None:
        desk.sign_in(CLINICIAN)
        desk.open(f"blocks/{desk.day.followed[name].block_id}")

    return opened


def _signed(desk: Desk) -> None:
    _to_sign("second of two")(desk)
    if not desk.page.get_by_text("by Clara Moss").count():  # signed once, however often looked at
        desk.page.get_by_label("Conclusion or comment").fill(
            "Concordant with block 1. Same relief on walking and stairs. To discuss ablation."
        )
        desk.page.get_by_role("button", name="Sign off").click()
    expect(desk.page.get_by_text("by Clara Moss").first).to_be_visible()


def _sign_off_refused(desk: Desk) -> None:
    _to_sign("not met")(desk)
    desk.page.get_by_label("Conclusion or comment").fill("No relief on walking.")
    # As if an entry had arrived since the page was opened
    desk.page.evaluate("document.querySelector('[name=figures]').value = 'of an earlier report'")
    desk.press("Sign off")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _exports(desk: Desk) -> None:
    desk.sign_in()
    desk.open("exports")


def _export_refused(desk: Desk) -> None:
    desk.sign_in()
    desk.open("exports/blocks.csv?from=soon")


def _nothing_here(desk: Desk) -> None:
    desk.sign_in()
    desk.open("nothing")


def _no_report_yet(desk: Desk) -> None:
    desk.block("waiting")
    desk.page.goto(f"{desk.page.url}/report.json")


def _stale_form(desk: Desk) -> None:
    """The form was opened in an earlier session of the same browser."""
    _enrol_filled(desk)
    again = Desk(desk.page.context.new_page(), desk.url, desk.day)
    desk.page.context.clear_cookies()
    again.sign_in()
    close_page(again.page)
    desk.press("Enrol and make the sheet")
    expect(desk.page.get_by_text("earlier sign-in")).to_be_visible()


def _second_step(desk: Desk) -> None:
    desk.sign_in(CAREFUL)


def _second_step_failed(desk: Desk) -> None:
    desk.sign_in(CAREFUL)
    desk.page.get_by_label("Code").fill("000")
    desk.press("Go on")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _app(desk: Desk) -> None:
    desk.sign_in()
    desk.open("account/authenticator")


def _app_failed(desk: Desk) -> None:
    _app(desk)
    desk.page.get_by_label("Code", exact=True).fill("000")
    desk.press("Use this app")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _account(desk: Desk) -> None:
    desk.sign_in()
    desk.open("account")
    expect(desk.page.get_by_role("button", name="Add a passkey")).to_be_visible()


def _account_failed(desk: Desk) -> None:
    _account(desk)
    desk.page.get_by_label("New password").fill("too short")
    desk.press("Change the password")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _people(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open("staff")


def _people_alone(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)
    desk.open("staff")


def _people_failed(desk: Desk) -> None:
    _people(desk)
    desk.press("Invite and show the link")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _person(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open(f"staff/{desk.day.staff_id(NURSE)}")


def _person_invited(desk: Desk) -> None:
    """Invited once, and given a new link each time after."""
    _people(desk)
    if desk.page.get_by_role("link", name="Vera Hill").count():
        desk.page.get_by_role("link", name="Vera Hill").click()
        desk.press("Show a new link")
    else:
        desk.page.get_by_label("Name", exact=True).fill("Vera Hill")
        desk.page.get_by_label("Email address").fill("vera@elm.example")
        desk.press("Invite and show the link")
    expect(desk.page.locator("#staff-link")).to_be_visible()


def _no_such_person(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open("staff/999999")


def _join(desk: Desk) -> None:
    desk.open("join")


def _join_failed(desk: Desk) -> None:
    desk.open("join")
    desk.press("Set the password")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _trail(query: str) -> Recipe:
    def open_it(desk: Desk) -> None:
        desk.sign_in(ADMINISTRATOR)
        desk.open(f"audit{query}")

    return open_it


def _not_allowed(desk: Desk) -> None:
    desk.sign_in()
    desk.open("staff")


#: By endpoint and state; "error" pages have no address of their own.
SCREENS: dict[str, dict[str, Recipe]] = {
    "security.login": {"empty": _sign_in, "error": _sign_in_failed},
    "board.board": {"empty": _board_empty, "filled": _board, "error": _board_stale},
    "enrol.enrol": {
        "empty": _enrol,
        "filled": _enrol_filled,
        "error": _enrol_failed,
        "known": _enrol_known,
    },
    "enrol_list.enrol_list": {
        "empty": _list_empty,
        "filled": _list("RP-3001,lumbar,both,L4/5,ropivacaine", "RP-3002,cervical,left,C5/6,other"),
        "error": _list("RP-3003,hip,left,,saline", ",lumbar,up,L4/5,lidocaine"),
        "no list": _list(),
    },
    "sheet.sheet": {
        "empty": _sheet_empty,
        "filled": _sheet_with_phones,
        "made": _sheet_made,
        "from right to left": _sheet_from_right_to_left,
        "error": _no_such_patient,
    },
    "block.block": {
        "empty": _block("no phone"),
        "waiting": _block("waiting"),
        "in progress": _block("in progress"),
        "filled": _block("met"),
        "not met": _block("not met"),
        "undetermined": _block("undetermined"),
        "everything": _block("everything"),
        "cancelled": _block("cancelled"),
        "change": _change_opened,
        "error": _time_missing,
        "baseline refused": _baseline_refused,
        "to sign": _to_sign("not met"),
        "signed": _signed,
        "sign-off refused": _sign_off_refused,
    },
    "exports.exports": {"empty": _exports, "error": _export_refused},
    "languages.languages": {
        "empty": _languages,
        "filled": _languages_accepted,
        "error": _no_such_language,
    },
    "contact.contact_page": {
        "empty": _contact,
        "filled": _contact_filled,
        "error": _contact_failed,
    },
    "second_factor.asked": {"empty": _second_step, "error": _second_step_failed},
    "second_factor.app_offered": {"empty": _app, "error": _app_failed},
    "account.account": {"empty": _account, "error": _account_failed},
    "people.people": {"empty": _people_alone, "filled": _people, "error": _people_failed},
    "people.person": {"empty": _person, "invited": _person_invited, "error": _no_such_person},
    "join.join": {"empty": _join, "error": _join_failed},
    "trail.trail": {
        "empty": _trail("?patient=nobody"),
        "filled": _trail(""),
        "error": _trail("?since=soon"),
    },
    "error": {"403": _not_allowed, "404": _nothing_here, "409": _no_report_yet, "400": _stale_form},
}
