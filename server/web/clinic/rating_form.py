"""The form for a rating that staff write down: a score for each pain of the block."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from server.web.clinic.forms import WHICH
from server.web.clinic.names import SITES
from server.web.speech import N

TOLD = [
    ("telephone_now", N("On the telephone, about the pain now")),
    ("telephone_earlier", N("On the telephone, about an earlier time")),
    ("paper", N("Copied from the paper diary")),
]


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class RatingForm(FlaskForm):  # type: ignore[misc]
    """Without its scores; `rating_form` adds one for each pain."""

    #: As of a `TimeForm`.
    asks_which = False

    entry_id = HiddenField(N("This form"))
    told = RadioField(
        N("How you know it"), choices=TOLD, validators=[InputRequired(N("Say how you know it."))]
    )
    felt_on = DateField(N("Date"), validators=[Optional()])
    felt_time = TimeField(N("Time that it is about"), validators=[Optional()])
    occurrence = RadioField(
        N("Which of the two"),
        choices=WHICH,
        validators=[Optional()],
    )
    rescue_on = DateField(N("Date of the medicine"), validators=[Optional()])
    rescue_time = TimeField(N("Extra pain medicine taken at"), validators=[Optional()])
    activity = StringField(
        N("What they were doing"),
        filters=[_stripped],
        validators=[Length(max=60, message=N("Use 60 characters or fewer."))],
    )
    note = TextAreaField(
        N("Note"),
        filters=[_stripped],
        validators=[Length(max=1000, message=N("Use 1,000 characters or fewer."))],
    )

    def validate_entry_id(self, field: Any) -> None:
        try:
            UUID(field.data)
        except (TypeError, ValueError):
            raise ValidationError(N("Open this page anew, and type it again.")) from None

    def validate(self, extra_validators: Any = None) -> bool:
        """The fields by themselves, and a date and a time where the rating is about an earlier one."""
        fits = bool(super().validate(extra_validators))
        if self.told.data in ("telephone_earlier", "paper"):
            for field, says in (
                (self.felt_on, N("Type the date.")),
                (self.felt_time, N("Type the time that the patient named, such as 14:30.")),
            ):
                if field.data is None and not field.errors:
                    field.errors = [says]
                    fits = False
        return fits

    def score(self, index: int) -> Field:
        """The field of the block's pain site at this place."""
        return self[f"score_{index}"]

    def scores(self, sites: Sequence[str]) -> dict[str, int]:
        """What was typed, by pain site; a site without a score is left out."""
        typed = {site: self.score(index).data for index, site in enumerate(sites)}
        return {site: score for site, score in typed.items() if score is not None}

    def at(self, path: str) -> Field:
        """The field that an error is about."""
        return self.score(0) if path == "scores" else self[path]


def rating_form(sites: Sequence[str]) -> RatingForm:
    """The form of a block with these pain sites."""
    fields = {
        f"score_{index}": IntegerField(
            N("Score") if site == "main" else N("Score, {site}", site=SITES.get(site, site)),
            validators=[Optional(), NumberRange(0, 10, N("Type a whole number from 0 to 10."))],
        )
        for index, site in enumerate(sites)
    }
    form: RatingForm = type("RatingForm", (RatingForm,), fields)()
    return form
