"""Other systems of the clinic: programs that read, and where finished reports go. For administrators."""

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import PasswordField, SelectField, SelectMultipleField, StringField, widgets
from wtforms.validators import DataRequired, Length

from server.domain.api_tokens import LIFETIMES_DAYS
from server.domain.errors import Invalid
from server.domain.report_targets import Kind
from server.storage import api_tokens, report_pushes, report_targets
from server.web.clinic.access import actor, staff
from server.web.clinic.forms import at_most
from server.web.clinic.page import clinic
from server.web.clinic.push_problems import words_of
from server.web.clinic.sentences import sentence
from server.web.context import services
from server.web.speech import N

blueprint = Blueprint("connections", __name__, url_prefix="/clinic/connections")

#: So many reports on their way are shown; those that failed come first.
MOST_SHOWN = 50
SCOPE_CHOICES = [
    ("fhir:read", N("Everything: diaries, reports and blocks")),
    ("fhir:procedures", N("Blocks and patients’ references only")),
]
STATES = {"waiting": N("Waits"), "delivered": N("Delivered"), "failed": N("Failed")}


class TokenForm(FlaskForm):  # type: ignore[misc]
    """A new token."""

    name = StringField(
        N("Name of the program"),
        validators=[
            DataRequired(N("Type what the program is called.")),
            Length(max=80, message=N("Use {most} characters or fewer.", most=80)),
        ],
    )
    scopes = SelectMultipleField(
        N("What it may read"),
        choices=SCOPE_CHOICES,
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
        validators=[DataRequired(N("Choose what the program may read."))],
    )
    days = SelectField(
        N("It works for"),
        choices=[(days, N("{days} days", days=days)) for days in LIFETIMES_DAYS],
        coerce=int,
        default=90,
    )


class FhirServerForm(FlaskForm):  # type: ignore[misc]
    """Another system's FHIR server."""

    fhir_url = StringField(
        N("Address of the FHIR server"),
        validators=[
            DataRequired(N("Type the address.")),
            Length(max=1000, message=N("That is too long.")),
        ],
    )
    credential = PasswordField(N("Its token"), validators=[at_most(4000)])


class WebhookForm(FlaskForm):  # type: ignore[misc]
    """An address that is told."""

    webhook_url = StringField(
        N("Address to be told"),
        validators=[
            DataRequired(N("Type the address.")),
            Length(max=1000, message=N("That is too long.")),
        ],
    )


@blueprint.get("")
def connections() -> str:
    """Every token and target, and what became of the reports."""
    return _page()


@blueprint.post("/tokens")
def token_made() -> ResponseReturnValue:
    """A new token, shown on this page and nowhere again."""
    form = TokenForm()
    if not form.validate():
        return _page(token_form=form), 422
    with services().database.transaction() as session:
        row, text = api_tokens.make(
            session,
            services().vault,
            staff().clinic_id,
            name=form.name.data,
            scopes=form.scopes.data,
            days=form.days.data,
            staff_id=staff().id,
            now=g.now,
        )
    return _page(made=("token", row.name, text))


@blueprint.post("/tokens/<uuid:token_id>/revoke")
def token_revoked(token_id: UUID) -> ResponseReturnValue:
    """It lets nobody in from now on."""
    with services().database.transaction() as session:
        api_tokens.revoke(session, staff().clinic_id, token_id, actor(), g.now)
    return _done()


@blueprint.post("/fhir-server")
def fhir_server_set() -> ResponseReturnValue:
    """Where finished reports are sent to."""
    form = FhirServerForm()
    if not form.validate() or not _is_set(form.fhir_url, "fhir", form.credential.data or None):
        return _page(fhir_form=form), 422
    return _done()


@blueprint.post("/webhook")
def webhook_set() -> ResponseReturnValue:
    """Who is told of finished reports; what signs it is shown on this page and nowhere again."""
    form, secret = WebhookForm(), report_targets.new_secret()
    if not form.validate() or not _is_set(form.webhook_url, "webhook", secret):
        return _page(webhook_form=form), 422
    return _page(made=("secret", form.webhook_url.data, secret))


@blueprint.post("/targets/<uuid:target_id>/remove")
def target_removed(target_id: UUID) -> ResponseReturnValue:
    """Nothing is sent there from now on."""
    with services().database.transaction() as session:
        report_targets.remove(session, staff().clinic_id, target_id, actor(), g.now)
    return _done()


@blueprint.post("/reports/<uuid:push_id>/try-again")
def tried_again(push_id: UUID) -> ResponseReturnValue:
    """Send a report at once that could not be sent."""
    with services().database.transaction() as session:
        report_pushes.try_again(session, staff().clinic_id, push_id, actor(), g.now)
    return _done()


def _is_set(field: Any, kind: Kind, secret: str | None) -> bool:
    """Keep the address, or say at its field why not."""

    def keep(session: Session) -> None:
        report_targets.set_target(
            session,
            services().vault,
            staff().clinic_id,
            kind,
            field.data,
            secret,
            services().config.report_inside_hosts,
            staff().id,
            g.now,
        )

    try:
        with services().database.transaction() as session:
            keep(session)
    except Invalid as error:
        field.errors = [sentence(error)]
        return False
    return True


def _done() -> ResponseReturnValue:
    return redirect(url_for("connections.connections"), 303)


def _page(
    made: tuple[str, str, str] | None = None,
    token_form: TokenForm | None = None,
    fhir_form: FhirServerForm | None = None,
    webhook_form: WebhookForm | None = None,
) -> str:
    clinic_id = staff().clinic_id
    with services().database.reading() as session:
        targets = {each.kind: each for each in report_targets.of_clinic(session, clinic_id)}
        url = {kind: each.url for kind, each in targets.items()}
        return render_template(
            "clinic/connections.html",
            made=made,
            tokens=api_tokens.of_clinic(session, clinic_id),
            is_open=api_tokens.is_open,
            scope_words=dict(SCOPE_CHOICES),
            targets=targets,
            pushes=report_pushes.latest(session, clinic_id, MOST_SHOWN),
            states=STATES,
            words_of=words_of,
            token_form=token_form or TokenForm(formdata=None),
            fhir_form=fhir_form or FhirServerForm(formdata=None, fhir_url=url.get("fhir")),
            webhook_form=webhook_form or WebhookForm(formdata=None, webhook_url=url.get("webhook")),
            address=f"{services().config.public_url}/fhir",
            now=g.now,
            zone=clinic().timezone,
        )
