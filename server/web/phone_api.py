"""The phone API: enrol, sync, and where this phone can be reached. Types in `wire`."""

from typing import Literal

import msgspec
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from server.domain.errors import Invalid
from server.domain.push_hosts import push_service
from server.storage import (
    audit,
    email_reminders,
    enrolments,
    snooze,
    subscriptions,
    trial_reminders,
)
from server.storage.models import Device
from server.web import device_session, languages, redeem_limits, same_origin, sync, wire
from server.web.context import now, services
from server.web.decoding import decode, decode_sync
from server.web.phone_state import phone_state

blueprint = Blueprint("phone_api", __name__, url_prefix="/api/phone")


OPEN_TO_ALL = {"phone_api.redeem", "phone_api.stop_emails"}


@blueprint.before_request
def let_in() -> None:
    """Every route needs our own page and an enrolled phone, unless it is named above."""
    surroundings = services()
    same_origin.check(surroundings.config)
    if request.endpoint not in OPEN_TO_ALL:
        with surroundings.database.reading() as session:
            current_device(session)


@blueprint.post("/redeem")
@redeem_limits.per_address
@redeem_limits.codes_from_everywhere
def redeem() -> Response:
    """Let this phone in by a link's token or a typed code, once."""
    surroundings = services()
    sent = decode(request.get_data(), wire.RedeemRequest)
    kind, text = _token_or_code(sent)
    key = surroundings.application_server_key()
    with surroundings.database.transaction() as session:
        redeemed = enrolments.redeem(
            session,
            surroundings.vault,
            kind,
            text,
            sent.attempt,
            request.user_agent.string,
            now(),
        )
        state = phone_state(session, redeemed.device, key)
    response = _json(wire.RedeemResponse(server_at=now(), state=state), 201)
    device_session.keep(response, surroundings.config, redeemed.secret)
    return response


@blueprint.post("/sync")
def sync_diary() -> Response:
    """Take what waits on the phone, and answer with all that its patient's diary holds."""
    surroundings = services()
    sent = decode_sync(request.get_data())
    key = surroundings.application_server_key()
    with surroundings.database.transaction() as session:
        device = current_device(session)
        results = sync.take(session, device, sent, now())
        if sent.language is not None:
            languages.choose(session, device, sent.language, now())
        state = phone_state(session, device, key)
    response = _json(wire.SyncResponse(server_at=now(), results=results, state=state))
    device_session.renew(response, request, surroundings.config)
    return response


@blueprint.put("/subscription")
def subscribe() -> Response:
    """Keep where this phone can be reached by push."""
    surroundings = services()
    sent = decode(request.get_data(), wire.SubscriptionRequest)
    service = push_service(sent.endpoint, surroundings.config.push_extra_hosts)
    browser = subscriptions.BrowserSubscription(sent.endpoint, sent.keys.p256dh, sent.keys.auth)
    with surroundings.database.transaction() as session:
        device = current_device(session)
        subscriptions.upsert(session, surroundings.vault, device, browser, service, now())
    return _json(wire.SubscriptionResponse(subscribed=True))


@blueprint.delete("/subscription")
def unsubscribe() -> Response:
    """Send no more reminders to this phone."""
    with services().database.transaction() as session:
        subscriptions.unsubscribe(session, current_device(session), now())
    return _json(wire.SubscriptionResponse(subscribed=False))


@blueprint.post("/stop-emails")
def stop_emails() -> Response:
    """No more reminders to the mailbox that this token was sent to; for whoever reads it."""
    surroundings = services()
    sent = decode(request.get_data(), wire.StopEmailsRequest)
    with surroundings.database.transaction() as session:
        email_reminders.stop(session, surroundings.vault, sent.token, now())
    return _json(wire.StopEmailsResponse(stopped=True))


@blueprint.post("/snooze")
def put_off() -> Response:
    """Ring again in ten minutes, once, inside the window."""
    sent = decode(request.get_data(), wire.SnoozeRequest)
    with services().database.transaction() as session:
        device = current_device(session)
        due_at = snooze.snooze(session, device.clinic_id, device.id, sent.delivery, now())
    return _json(wire.SnoozeResponse(due_at=due_at))


@blueprint.post("/trial-reminder")
def try_a_reminder() -> Response:
    """Send one reminder to this phone now, so that its patient sees that they arrive."""
    decode(request.get_data(), wire.TrialRequest)
    with services().database.transaction() as session:
        trial_reminders.ask(session, current_device(session), now())
    return _json(wire.TrialResponse(asked=True))


@blueprint.delete("/device")
def leave() -> Response:
    """Let this phone in no more: its patient took the diary off it. What the clinic has stays."""
    surroundings = services()
    with surroundings.database.transaction() as session:
        device = current_device(session)
        subscriptions.unsubscribe(session, device, now())
        actor = audit.phone(device)
        enrolments.revoke_device(session, device.clinic_id, device.id, actor, now())
    response = _json(wire.DeviceResponse(enrolled=False))
    device_session.end(response, surroundings.config)
    return response


def current_device(session: Session) -> Device:
    """The phone that sent this request; the request ends with 401 if it is not let in."""
    surroundings = services()
    return device_session.device(session, request, surroundings.config, surroundings.vault)


def _token_or_code(sent: wire.RedeemRequest) -> tuple[Literal["token", "code"], str]:
    match sent.token, sent.code:
        case str(token), None:
            return "token", token
        case None, str(code):
            return "code", code
    raise Invalid("", "Send either the link's token or the typed code.")


def _json(answer: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, mimetype="application/json")
