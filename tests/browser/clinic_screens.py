"""Every page of the clinic in its states, each opened as a person comes to it.

A page that answers HTML and has no entry in `SCREENS` fails `test_screens`, and so does a template
that no state shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from server.domain.clinic_protocol import PatientText
from server.domain.presets import preset
from server.domain.report_targets import Outcome
from server.storage import accepted_languages, protocols, report_pushes, report_targets
from server.storage.models import Block, Patient
from server.storage.report_pushes import Taken
from server.storage.staff import User
from server.storage.staff_tables import StaffSession
from server.storage.vault import Vault
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
from tests.builders import SECRET_KEY


@dataclass(frozen=True)
class Desk:
    """A page of a browser at the clinic, nobody signed in, and the day that the server is full of."""

    page: Page
    url: str
    day: ClinicDay

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}/clinic/{path}")

    def sign_in(self, email: str = NURSE) -> None:
        """Come to the board as somebody who signed in; the form is looked at by itself."""
        self.page.context.add_cookies(
            [
                {"name": name, "value": value, "url": f"{self.url}/clinic"}
                for name, value in self.day.signed_in(email).items()
            ]
        )
        self.open("")

    def send_sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Come to what the form leads to."""
        self.open("sign-in")
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password").fill(password)
        with self.page.expect_navigation():
            self.press("Sign in")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Come to the page that a link leads to; a click alone does not wait for it."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).first.click()

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
    desk.send_sign_in(NURSE, "not it")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _board_empty(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)


def _board(desk: Desk) -> None:
    desk.sign_in()


def _board_nothing_found(desk: Desk) -> None:
    desk.sign_in()
    desk.page.get_by_role("searchbox").fill("nobody")
    desk.press("Find")
    expect(desk.page.get_by_text("Nothing matches")).to_be_visible()


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
    for name in (
        "The block’s time",
        "The baseline",
        "What was injected",
        "E-mail reminders",
        "Cancel this block",
    ):
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


def _rating_asked(desk: Desk) -> None:
    desk.block("everything")
    desk.follow("Write down a rating")


def _rating_refused(desk: Desk) -> None:
    _rating_asked(desk)
    desk.page.get_by_label("Copied from the paper diary").check()
    desk.press("Write it down")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _correction_asked(desk: Desk) -> None:
    """Written down once, however often looked at."""
    desk.block("in progress")
    if not desk.page.get_by_text("written down by").count():
        desk.follow("Write down a rating")
        desk.page.get_by_label("about the pain now").check()
        desk.page.get_by_label("Score").first.fill("3")
        with desk.page.expect_navigation():
            desk.press("Write it down")
    desk.follow("Correct")
    expect(desk.page.get_by_label("Score").first).to_have_value("3")


def _correction_refused(desk: Desk) -> None:
    _correction_asked(desk)
    desk.page.get_by_label("Score").first.fill("11")
    desk.press("Save the correction")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _no_such(path: str) -> Recipe:
    """Of an id that nobody has."""

    def opened(desk: Desk) -> None:
        desk.sign_in(ADMINISTRATOR)
        desk.open(path.format(uuid4()))

    return opened


def _paper(desk: Desk) -> None:
    desk.block("no phone")
    desk.follow("Print a paper diary")


def _paper_from_right_to_left(desk: Desk) -> None:
    _speak(desk, "ar")
    _paper(desk)
    _speak(desk, "en")  # as the other states want it
    expect(desk.page.locator(".paper[dir=rtl]")).to_be_visible()


def _exports(desk: Desk) -> None:
    desk.sign_in()
    desk.open("exports")


def _statistics(query: str) -> Recipe:
    def opened(desk: Desk) -> None:
        desk.sign_in()
        desk.open(f"statistics{query}")

    return opened


def _keeping(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open("keeping")


def _keeping_refused(desk: Desk) -> None:
    _keeping(desk)
    desk.page.get_by_label("Erase the patient").check()
    desk.page.get_by_label("Months after").fill("1")
    desk.press("Decide")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _erasing(desk: Desk) -> None:
    desk.sign_in(ADMINISTRATOR)
    desk.open(f"patients/{desk.day.followed['no phone'].patient_id}/erase")


def _erasing_refused(desk: Desk) -> None:
    _erasing(desk)
    desk.press("Erase for good")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _erased(desk: Desk) -> None:
    """A patient nobody else needs, made for this."""
    desk.sign_in(ADMINISTRATOR)
    with desk.day.database.transaction() as session:
        clinic_id = session.get_one(Patient, desk.day.followed["no phone"].patient_id).clinic_id
        patient = Patient(clinic_id=clinic_id, reference=f"RP-{uuid4()}", created_at=NOW)
        session.add(patient)
        session.flush()
        patient_id, reference = patient.id, patient.reference
    desk.open(f"patients/{patient_id}/erase")
    desk.page.get_by_label("Type the patient’s reference").fill(reference)
    desk.press("Erase for good")
    expect(desk.page.get_by_text("A patient was erased")).to_be_visible()


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


def _wait(desk: Desk) -> None:
    """Nobody's address, so that nobody else waits."""
    for _ in range(6):
        desk.send_sign_in("nobody@elm.example", "not it")
    expect(desk.page.get_by_role("heading", name="Too many tries")).to_be_visible()


def _passkey_refused(desk: Desk) -> None:
    """As if a passkey had answered that is not known."""
    desk.open("sign-in")
    with desk.page.expect_navigation():
        desk.page.locator("form[data-passkey]").evaluate("form => form.submit()")
    expect(desk.page.get_by_text("This passkey lets nobody in here")).to_be_visible()


def _recovery_codes(desk: Desk) -> None:
    """Of somebody who has typed the code of their app."""
    desk.sign_in(CAREFUL)
    with desk.day.database.transaction() as session:
        hers = StaffSession.staff_id == desk.day.staff_id(CAREFUL)
        session.execute(update(StaffSession).where(hers).values(proven_at=NOW))
    desk.open("account")
    desk.press("Make new recovery codes")
    expect(desk.page.get_by_role("heading", name="Keep these codes")).to_be_visible()


def _second_step(desk: Desk) -> None:
    desk.send_sign_in(CAREFUL)


def _second_step_failed(desk: Desk) -> None:
    desk.send_sign_in(CAREFUL)
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
        desk.follow("Vera Hill")
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


def _joined(desk: Desk) -> None:
    """Somebody new each time: a link sets a password once."""
    _people(desk)
    desk.page.get_by_label("Name", exact=True).fill("Uma Gray")
    desk.page.get_by_label("Email address").fill(f"{uuid4()}@elm.example")
    desk.press("Invite and show the link")
    link = desk.page.locator("#staff-link").inner_text()
    desk.page.context.clear_cookies()
    desk.page.goto(link)
    desk.page.get_by_label("New password").fill("velvet gravel onion lamp")
    desk.press("Set the password")
    expect(desk.page.get_by_role("heading", name="Your password is set")).to_be_visible()


def _join_failed(desk: Desk) -> None:
    desk.open("join")
    desk.press("Set the password")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _trail(query: str) -> Recipe:
    def open_it(desk: Desk) -> None:
        desk.sign_in(ADMINISTRATOR)
        desk.open(f"audit{query}")

    return open_it


def _protocols(email: str, path: str = "") -> Recipe:
    def open_it(desk: Desk) -> None:
        desk.sign_in(email)
        desk.open(f"protocols/{path}")

    return open_it


def _protocols_filled(desk: Desk) -> None:
    _written_protocol(desk)
    _protocols(CLINICIAN)(desk)


def _written_protocol(desk: Desk) -> str:
    """Of the clinic's own making, with words in two languages; nobody is enrolled with it."""
    uw_health = preset("uw-health")
    assert uw_health is not None
    texts = {
        "en": PatientText(
            "Keep the bandage dry for 24 hours.\nBring this phone to your next visit.",
            "Have somebody with you for 6 hours. Do not drive, cycle or climb ladders for 24 hours.",
        ),
        "ar": PatientText(cautions="لا تقد السيارة لمدة 24 ساعة."),
    }
    wanted = replace(uw_health.protocol, texts=texts, offered=False)
    with desk.day.database.transaction() as session:
        staff_id = desk.day.staff_id(CLINICIAN)
        clinic_id = session.get_one(User, staff_id).clinic_id
        return str(protocols.save(session, clinic_id, wanted, staff_id, NOW).id)


def _protocol(desk: Desk) -> None:
    _protocols(NURSE, _written_protocol(desk))(desk)


def _protocol_refused(desk: Desk) -> None:
    _protocol(desk)
    desk.page.get_by_label("Time of the block").fill("")
    desk.press("Show these days")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _protocol_new_failed(desk: Desk) -> None:
    _protocols(CLINICIAN, "new")(desk)
    desk.page.get_by_label("Times after the block").fill("15 min, soon")
    desk.page.get_by_text("The other six").click()
    desk.page.get_by_label("Longest gap").fill("-1")
    desk.press("Save")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _protocol_edit(desk: Desk) -> None:
    _protocols(CLINICIAN, f"{_written_protocol(desk)}/edit")(desk)


def _protocol_previewed(desk: Desk) -> None:
    _protocol_edit(desk)
    desk.page.get_by_label("Time of the block").fill("17:30")
    desk.press("Show these days, save nothing")
    expect(desk.page.get_by_text("at 17:30")).to_be_visible()


def _protocol_edit_failed(desk: Desk) -> None:
    _protocol_edit(desk)
    desk.page.locator("[name=newest]").evaluate("e => e.value = ''")
    desk.press("Save as a new version")
    expect(desk.page.get_by_text("was saved while you wrote").first).to_be_visible()


def _connections_alone(desk: Desk) -> None:
    desk.sign_in(NEWCOMER)
    desk.open("connections")


def _connections(desk: Desk) -> None:
    """Reports on their way to two places, one of them refused, and a token made just now."""
    with desk.day.database.transaction() as session:
        clinic_id = session.scalars(select(User.clinic_id).where(User.email == NURSE)).one()
        if not report_targets.of_clinic(session, clinic_id):
            vault = Vault(SECRET_KEY)
            for kind, url in (
                ("fhir", "https://fhir.regional-hospital-group.example:8443/interfaces/r4/clinic"),
                ("webhook", "https://hub.example/block-diary"),
            ):
                report_targets.set_target(
                    session, vault, clinic_id, kind, url, "secret", (), 1, NOW
                )
            for name in ("met", "not met"):
                block = session.get_one(Block, desk.day.followed[name].block_id)
                report_pushes.plan(session, block)
            for each in report_pushes.claim_due(session, NOW, [], 2):
                if each.kind == "webhook":
                    report_pushes.taken(session, each, Taken("1", (), None), NOW)
                else:
                    report_pushes.not_taken(session, each, Outcome("address_forbidden"), NOW)
    desk.sign_in(ADMINISTRATOR)
    desk.open("connections")
    desk.page.get_by_label("Name of the program").fill("Registry of the regional hospital group")
    desk.page.get_by_label("Everything").check()
    desk.press("Make a token and show it")
    expect(desk.page.locator("#made-secret")).to_be_visible()


def _connections_failed(desk: Desk) -> None:
    _connections_alone(desk)
    desk.page.get_by_label("Address of the FHIR server").fill("http://fhir.example/r4")
    desk.press("Send reports there")
    expect(desk.page.get_by_role("alert")).to_be_visible()


def _not_allowed(desk: Desk) -> None:
    desk.sign_in()
    desk.open("staff")


#: By endpoint and state; the last two kinds have no address of their own.
SCREENS: dict[str, dict[str, Recipe]] = {
    "security.login": {"empty": _sign_in, "error": _sign_in_failed},
    "board.board": {
        "empty": _board_empty,
        "filled": _board,
        "nothing found": _board_nothing_found,
        "error": _board_stale,
    },
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
    "staff_entry.asked": {"empty": _rating_asked, "error": _rating_refused},
    "staff_entry.correction_asked": {"empty": _correction_asked, "error": _correction_refused},
    "staff_entry.paper": {
        "empty": _paper,
        "from right to left": _paper_from_right_to_left,
        "error": _no_such("blocks/{}/paper"),
    },
    "statistics.shown": {
        "empty": _statistics("?from=2020-01-01&to=2020-02-01"),
        "filled": _statistics(""),
        "error": _statistics("?from=soon"),
    },
    "keeping.shown": {"empty": _keeping, "error": _keeping_refused},
    "keeping.erasing": {"empty": _erasing, "error": _erasing_refused},
    "keeping.proof": {"empty": _erased, "error": _no_such("erased/{}")},
    "exports.exports": {"empty": _exports, "error": _export_refused},
    "connections.connections": {
        "empty": _connections_alone,
        "filled": _connections,
        "error": _connections_failed,
    },
    "languages.languages": {
        "empty": _languages,
        "filled": _languages_accepted,
        "error": _no_such_language,
    },
    "protocols.protocols_list": {
        "empty": _protocols(NEWCOMER),
        "filled": _protocols_filled,
        "error": _protocols(CLINICIAN, "new?preset=none"),
    },
    "protocols.protocol": {"empty": _protocol, "error": _protocol_refused},
    "protocols.new": {
        "empty": _protocols(CLINICIAN, "new?preset=multispecialty"),
        "error": _protocol_new_failed,
    },
    "protocols.edit": {
        "empty": _protocol_edit,
        "filled": _protocol_previewed,
        "error": _protocol_edit_failed,
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
    "after a form": {
        "joined": _joined,
        "wait": _wait,
        "passkey refused": _passkey_refused,
        "recovery codes": _recovery_codes,
    },
    "error": {"403": _not_allowed, "404": _nothing_here, "409": _no_report_yet, "400": _stale_form},
}
