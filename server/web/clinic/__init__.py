"""The clinic's pages: sign in, board, enrol, QR sheet, block."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from server.web.context import Services


def register(app: "Flask", services: "Services") -> None:
    """Add the clinic's pages, closed to everybody who is not signed in."""
    from server.web.clinic import (
        access,
        account,
        block,
        board,
        connections,
        enrol,
        enrol_list,
        exports,
        join,
        languages,
        page,
        passkeys,
        people,
        second_factor,
        seen,
        sheet,
        sign_in,
        trail,
        words,
    )

    sign_in.register(app, services)
    access.register(app)
    seen.register(app)
    page.register(app)
    words.register(app)
    for module in (
        board,
        enrol,
        enrol_list,
        sheet,
        block,
        exports,
        connections,
        languages,
        people,
        join,
        second_factor,
        account,
        passkeys,
        trail,
    ):
        app.register_blueprint(module.blueprint)
