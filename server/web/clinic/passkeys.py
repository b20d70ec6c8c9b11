"""Passkeys: add one in a browser, and sign in with it. The device itself checks who holds it, so a
passkey proves as much as a password and a code together."""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import login_user
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from server.domain.errors import Conflict, Invalid
from server.storage import passkeys, second_factors, sign_in_tries, staff_sessions
from server.storage import staff as members
from server.storage.staff import User
from server.web.clinic import browser_session
from server.web.clinic.access import staff
from server.web.clinic.second_factor import FRESH_MINUTES, is_fresh
from server.web.clinic.sign_in import FREE_AT_ADDRESS, wait_page
from server.web.context import services
from server.web.speech import N

blueprint = Blueprint("passkeys", __name__, url_prefix="/clinic")

REFUSED = N("This passkey lets nobody in here. Use another, or your password.")


@blueprint.post("/sign-in/passkey-options")
def sign_in_options() -> Response:
    """What a passkey is to sign; the browser offers those that it has for this site."""
    with services().database.transaction() as session:
        challenge = passkeys.challenge(session, services().vault, g.now)
    return _json(
        generate_authentication_options(
            rp_id=_rp_id(),
            challenge=challenge,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


@blueprint.post("/sign-in/passkey")
def signed_in() -> ResponseReturnValue:
    """Let in whose passkey signed."""
    around, key = services(), f"passkey {request.remote_addr}"
    with around.database.transaction() as session:
        wait = sign_in_tries.take(session, around.vault, key, FREE_AT_ADDRESS, g.now)
    if wait is not None:
        return wait_page(wait)
    try:
        member = _signed_by()
    except (WebAuthnException, ValueError, KeyError, TypeError, Invalid):
        return render_template("clinic/passkey_refused.html", message=REFUSED), 422
    with around.database.transaction() as session:
        sign_in_tries.forget(session, around.vault, key)
        if g.staff_session is not None:
            before = members.get(session, staff().clinic_id, staff().id)
            staff_sessions.end(session, before, g.staff_session.id, g.now)
    browser_session.forget()
    # As the library itself loads them, so that it can look at their roles.
    user = current_app.extensions["security"].datastore.find_user(id=member.id)
    login_user(user, remember=False, authn_via=["passkey"])
    return redirect(url_for("board.board"), 303)


@blueprint.post("/account/passkey-options")
def options() -> Response:
    """What a device needs to make a passkey for whoever is signed in."""
    _be_fresh()
    with services().database.transaction() as session:
        member = members.get(session, staff().clinic_id, staff().id)
        challenge = passkeys.challenge(session, services().vault, g.now)
        made = generate_registration_options(
            rp_id=_rp_id(),
            rp_name="Block Diary",
            user_id=passkeys.handle_of(member),
            user_name=member.email,
            user_display_name=member.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=each.credential_id) for each in member.webauthn
            ],
        )
    return _json(made)


@blueprint.post("/account/passkeys")
def added() -> ResponseReturnValue:
    """Keep a passkey that a device has just made. With the first second factor come recovery codes."""
    _be_fresh()
    name = " ".join(request.form.get("name", "").split())[: passkeys.NAME_CHARACTERS]
    codes: list[str] = []
    with services().database.transaction() as session:
        member = members.get(session, staff().clinic_id, staff().id)
        try:
            credential = parse_registration_credential_json(request.form.get("credential", ""))
            verified = verify_registration_response(
                credential=credential,
                expected_challenge=_challenge(session, credential.response.client_data_json),
                expected_origin=services().config.public_url,
                expected_rp_id=_rp_id(),
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Invalid("passkey", "The device’s answer does not fit. Try once more.") from None
        if passkeys.find(session, verified.credential_id) is not None:
            raise Conflict("This passkey is known already.")
        first = not second_factors.has_one(member)
        passkeys.add(
            session,
            member,
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
            name=name or browser_session.in_words(request.user_agent.string),
            is_synced=verified.credential_backed_up,
            now=g.now,
        )
        if first:
            codes = second_factors.new_recovery_codes(session, services().vault, member, g.now)
    if codes:
        home = url_for("account.account")
        return render_template("clinic/recovery_codes.html", codes=codes, next=home)
    return redirect(url_for("account.account"), 303)


def _signed_by() -> User:
    """Whose passkey signed the challenge.

    :raises Invalid: nobody's who has access
    """
    credential = parse_authentication_credential_json(request.form.get("credential", ""))
    with services().database.transaction() as session:
        found = passkeys.find(session, credential.raw_id)
        challenge = _challenge(session, credential.response.client_data_json)
        if found is None or not found[1].active:
            raise Invalid("passkey", REFUSED)
        passkey, member = found
        handle = credential.response.user_handle
        if handle is not None and handle != passkeys.handle_of(member):
            raise Invalid("passkey", REFUSED)
        verified = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_origin=services().config.public_url,
            expected_rp_id=_rp_id(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count or 0,
            require_user_verification=True,
        )
        passkey.sign_count = verified.new_sign_count
        passkey.lastuse_datetime = g.now.replace(tzinfo=None)
        return member


def _challenge(session: Any, client_data: bytes) -> bytes:
    """The challenge that was answered, if it was ours to answer.

    :raises Invalid: it was not, or it was answered before
    """
    answered: bytes = parse_client_data_json(client_data).challenge
    if not passkeys.take_challenge(session, services().vault, answered, g.now):
        raise Invalid("passkey", "That took too long. Try once more.")
    return answered


def _rp_id() -> str:
    return urlsplit(services().config.public_url).hostname or ""


def _be_fresh() -> None:
    if not is_fresh():
        raise Conflict(
            "You signed in a while ago. Sign out and in again,"
            " then add the passkey within {minutes} minutes.",
            minutes=FRESH_MINUTES,
        )


def _json(made: Any) -> Response:
    return Response(json.dumps(json.loads(options_to_json(made))), mimetype="application/json")
