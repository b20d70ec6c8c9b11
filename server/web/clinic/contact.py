"""Whom patients call, and what the clinic tells them in its own words. For administrators."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from server.domain import contact as rules
from server.domain.contact import Contact, Texts
from server.domain.errors import Invalid
from server.storage import contact
from server.web import languages
from server.web.clinic.access import actor, staff
from server.web.clinic.names import language_name
from server.web.context import services
from server.web.speech import N, said, t
from server.words.catalogues import Language

blueprint = Blueprint("contact", __name__, url_prefix="/clinic/contact")

Rule = Callable[[str, str], str]


def _by(rule: Rule) -> Callable[[Any, Any], None]:
    """A validator that keeps what the rule makes of what was typed."""

    def check(_form: Any, field: Any) -> None:
        try:
            field.data = rule(field.data or "", field.name)
        except Invalid as error:
            raise ValidationError(said(error)) from None

    return check


def _emergency(typed: str, path: str) -> str:
    return rules.number(typed, path, rules.EMERGENCY_CHARACTERS)


def _opening_hours(typed: str, path: str) -> str:
    return rules.plain(" ".join(typed.split()), path, rules.OPENING_HOURS_CHARACTERS)


def _advice(typed: str, path: str) -> str:
    return rules.plain(typed, path, rules.ADVICE_CHARACTERS)


class ContactForm(FlaskForm):  # type: ignore[misc]
    """The numbers; `form_for` adds two texts for each language."""

    telephone = StringField(
        N("Telephone"),
        validators=[DataRequired(N("Type the number that patients call.")), _by(rules.number)],
    )
    out_of_hours_telephone = StringField(N("Out of hours"), validators=[_by(rules.number)])
    emergency_number = StringField(N("Emergency number"), validators=[_by(_emergency)])

    def contact(self, offered: Sequence[Language]) -> Contact:
        """What was typed, once it is valid."""
        return Contact(
            telephone=self.telephone.data,
            out_of_hours_telephone=self.out_of_hours_telephone.data,
            emergency_number=self.emergency_number.data,
            texts={
                each.code: Texts(
                    self[f"opening_hours_{each.code}"].data, self[f"advice_{each.code}"].data
                )
                for each in offered
            },
        )


def form_for(offered: Sequence[Language], now: Contact | None = None) -> ContactForm:
    """The form as it was sent, or filled with what patients are told now."""
    fields: dict[str, Any] = {}
    for each in offered:
        name = language_name(each)
        fields[f"opening_hours_{each.code}"] = StringField(
            t("Opening hours, {language}", language=name), validators=[_by(_opening_hours)]
        )
        fields[f"advice_{each.code}"] = TextAreaField(
            t("Your advice, {language}", language=name), validators=[_by(_advice)]
        )
    made: type[ContactForm] = type("ContactFormInLanguages", (ContactForm,), fields)
    if now is None:
        return made()
    told: dict[str, str] = {
        "telephone": now.telephone,
        "out_of_hours_telephone": now.out_of_hours_telephone,
        "emergency_number": now.emergency_number,
    }
    for code, texts in now.texts.items():
        told[f"opening_hours_{code}"], told[f"advice_{code}"] = texts.opening_hours, texts.advice
    return made(formdata=None, data=told)


@blueprint.get("")
def contact_page() -> str:
    """What patients are told now."""
    with services().database.reading() as session:
        offered = languages.of_clinic(session, staff().clinic_id)
        now = contact.of_clinic(session, staff().clinic_id)
    return _page(form_for(offered, now), offered, saved="saved" in request.args)


@blueprint.post("")
def changed() -> ResponseReturnValue:
    """Tell them this from now on."""
    with services().database.transaction() as session:
        offered = languages.of_clinic(session, staff().clinic_id)
        form = form_for(offered)
        if not form.validate():
            return _page(form, offered), 422
        contact.change(session, staff().clinic_id, form.contact(offered), actor(), g.now)
    return redirect(url_for("contact.contact_page", saved="yes"), 303)


def _page(form: ContactForm, offered: Sequence[Language], *, saved: bool = False) -> str:
    return render_template("clinic/contact.html", form=form, languages=offered, saved=saved)
