"""The session of a staff member's browser: the cookie holds its secret, the database says if it holds.

A second cookie outlives it and tells who has signed in here before, so that guesses made elsewhere,
even behind the same address, never slow them down. It lets nobody in.
"""

import json
import secrets
from typing import Any

from flask import Flask, Response, g, request, session
from flask_security import current_user, logout_user

from server.storage import audit, clinics, second_factors, staff, staff_sessions
from server.storage.staff import User
from server.storage.staff_tables import StaffSession
from server.storage.vault import SealBroken
from server.web.context import Services, services

KNOWN_DAYS = 180
MOST_KNOWN = 20


def begun(app: Flask, user: User, authn_via: list[str] | None = None, **_: Any) -> None:
    """The library found the password, or a passkey was right: begin a session of ours."""
    around: Services = app.extensions["block_diary"]
    by = "passkey" if authn_via == ["passkey"] else "password"
    with around.database.transaction() as transaction:
        member = staff.get(transaction, user.clinic_id, user.id)
        clinic = clinics.get(transaction, user.clinic_id)
        asked = second_factors.has_one(member) or second_factors.is_asked_of(member, clinic)
        proven = by == "passkey" or not asked
        token = staff_sessions.begin(
            transaction,
            around.vault,
            member,
            proven=proven,
            address=request.remote_addr or "",
            browser=in_words(request.user_agent.string),
            now=g.now,
        )
        who = audit.staff(member.id)
        action = "staff.signed_in" if proven else "staff.password_right"
        staff.note(transaction, member, action, {"by": by}, who, g.now)
    session.pop("csrf_token", None)  # whoever knew the session before it was worth something
    session.permanent = True
    session["staff_session"] = token
    if proven:
        g.remember_browser_of = member


def current() -> StaffSession | None:
    """The open session of the browser that asks, noted as used; None if nobody is signed in."""
    token = session.get("staff_session")
    if not current_user.is_authenticated or token is None:
        return None
    around = services()
    with around.database.reading() as reading:
        found = staff_sessions.find(reading, around.vault, token, g.now)
    if found is None or found.staff_id != current_user.id:
        forget()
        return None
    if staff_sessions.is_to_be_noted(found, g.now):
        with around.database.transaction() as transaction:
            staff_sessions.note(transaction, found, g.now)
    return found


def forget() -> None:
    """Take the session out of this browser; whoever ends it in the database does so before.

    The language that somebody chose here stays: the next page asks them to sign in.
    """
    language = session.get("language")
    logout_user()
    session.clear()
    if language:
        session["language"] = language


def browser() -> dict[str, Any]:
    """What the long-lived cookie says: an id of this browser and who has signed in with it."""
    try:
        return dict(json.loads(services().vault.open(request.cookies[cookie_name()])))
    except (KeyError, SealBroken, ValueError):
        return {"id": "", "staff": []}


def is_known(member: User) -> bool:
    """Have they signed in with this browser, and not been reset since?"""
    return [member.id, member.fs_uniquifier] in browser()["staff"]


def remember_browser(response: Response) -> Response:
    """Keep, with the answer that completes a sign-in, who has signed in here."""
    member = g.get("remember_browser_of")
    if member is None:
        return response
    known = browser()
    others = [each for each in known["staff"] if each[0] != member.id][-MOST_KNOWN:]
    kept = {
        "id": known["id"] or secrets.token_hex(8),
        "staff": [*others, [member.id, member.fs_uniquifier]],
    }
    response.set_cookie(
        cookie_name(),
        services().vault.seal(json.dumps(kept)),
        max_age=KNOWN_DAYS * 24 * 60 * 60,
        path="/clinic",
        secure=services().config.is_https,
        httponly=True,
        samesite="Lax",
    )
    return response


def cookie_name() -> str:
    return "__Secure-clinic-browser" if services().config.is_https else "clinic-browser"


def in_words(user_agent: str) -> str:
    """The browser and its system, as far as a list of sessions needs them."""
    browsers = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
    browser = next((name for word, name in browsers if word in user_agent), "Another browser")
    system = next((name for name in systems if name in user_agent), "")
    return f"{browser} on {system.replace('Mac OS X', 'macOS')}" if system else browser
