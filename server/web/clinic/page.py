"""What every page of a clinic shows: whose it is, and who is signed in."""

from typing import Any

from flask import Flask, g
from flask_security import current_user

from server.storage import clinics
from server.storage.models import Clinic
from server.web.clinic.access import may, staff
from server.web.context import services


def clinic() -> Clinic:
    """The clinic of the staff member who is signed in, read once for each request."""
    if "clinic" not in g:
        with services().database.reading() as session:
            g.clinic = clinics.get(session, staff().clinic_id)
    found: Clinic = g.clinic
    return found


def register(app: Flask) -> None:
    """Give the templates the clinic and the staff member, where somebody is signed in."""

    @app.context_processor
    def page() -> dict[str, Any]:
        if not current_user.is_authenticated or g.get("staff_session") is None:
            return {}
        return {"clinic": clinic(), "staff_member": staff(), "may": may}
