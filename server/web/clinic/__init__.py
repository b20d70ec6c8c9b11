"""The clinic's pages: sign in, board, enrol, QR sheet, block."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from server.web.context import Services


def register(app: "Flask", services: "Services") -> None:
    """Add the clinic's pages, closed to everybody who is not signed in."""
    from server.web import speech
    from server.web.clinic import (
        access,
        account,
        block,
        board,
        connections,
        contact,
        enrol,
        enrol_list,
        exports,
        join,
        keeping,
        languages,
        names,
        own_language,
        page,
        passkeys,
        people,
        protocols,
        push_problems,
        second_factor,
        seen,
        sheet,
        sign_in,
        staff_entry,
        statistics,
        trail,
        trail_words,
        words,
    )

    sign_in.register(app, services)
    access.register(app)
    seen.register(app)
    page.register(app)
    words.register(app)
    names.register(app)
    push_problems.register(app)
    trail_words.register(app)
    speech.register(app)
    for module in (
        board,
        enrol,
        enrol_list,
        sheet,
        block,
        staff_entry,
        exports,
        statistics,
        connections,
        languages,
        keeping,
        own_language,
        contact,
        protocols,
        people,
        join,
        second_factor,
        account,
        passkeys,
        trail,
    ):
        app.register_blueprint(module.blueprint)
