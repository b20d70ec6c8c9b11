"""Phones that are linked and reminded, as a person gets there, and what the server hears of them."""

import json

from playwright.sync_api import Route, expect

from server.storage.models import ReminderDelivery
from tests.browser.chromium import ChromiumPhone
from tests.browser.diary_server import DiaryServer
from tests.browser.firefox import FirefoxPhone
from tests.browser.patient import Patient
from tests.browser.push_service import PushService

A_MOMENT = "new Promise(resolve => setTimeout(resolve, 100))"


def firefox_with_reminders(phone: FirefoxPhone, server: DiaryServer, code: str) -> None:
    """Link the phone by the code of a sheet, and turn reminders on by its button."""
    phone.goto(f"{server.url}/")
    press(phone, "I have read this and agree")
    phone.wait_until(lambda: phone.evaluate("!!document.querySelector('input.code')"), "code")
    phone.evaluate(
        "(() => { const field = document.querySelector('input.code');"
        f" field.value = '{code}'; field.dispatchEvent(new Event('input', {{bubbles: true}}));"
        " })()"
    )
    press(phone, "Link this phone")
    press(phone, "It is the same")
    press(phone, "Go on in the browser", role="link")
    wait_for_text(phone, "Shall the diary remind you?")
    phone.grant_notifications(server.url)  # what the person answers when the phone asks
    press(phone, "Turn on reminders")
    wait_for_text(phone, "Reminders are on")
    press(phone, "Done")


def chromium_with_reminders(
    phone: ChromiumPhone, server: DiaryServer, service: PushService, code: str
) -> Patient:
    """The same on a phone that allows notifications already: it subscribes by itself."""
    phone.grant_notifications(server.url)
    on_this_machine_from_now_on(phone, service)
    patient = Patient(phone, server.url)
    patient.open()
    patient.press("I have read this and agree")
    patient.page.get_by_label("Code").fill(code)
    patient.press("Link this phone")
    patient.press("It is the same")
    patient.follow("Go on in the browser")
    expect(patient.title()).to_have_text("Reminders are on")
    patient.press("Done")
    patient.is_ready_offline()
    return patient


def on_this_machine_from_now_on(phone: ChromiumPhone, service: PushService) -> None:
    """Chromium's endpoints name its maker's host; the stand-in answers on this machine."""
    phone.context.route("**/api/phone/subscription", lambda route: on_this_machine(route, service))


def receipts(server: DiaryServer) -> list[ReminderDelivery]:
    return [each for each in server.deliveries() if each.receipt_at is not None]


def press(phone: FirefoxPhone, name: str, role: str = "button") -> None:
    phone.click(role=role, name=name)


def wait_for_text(phone: FirefoxPhone, text: str, css: str = "h1") -> None:
    phone.wait_until(lambda: text in phone.text(css) or None, text)


def on_this_machine(route: Route, service: PushService) -> None:
    """Let a subscription name the stand-in's own address."""
    body = route.request.post_data_json
    if body and "endpoint" in body:
        body["endpoint"] = service.local(body["endpoint"])
        route.continue_(post_data=json.dumps(body))
    else:
        route.continue_()
