"""The clinic's forms: what may be typed, and what is said when it does not fit."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import (
    DataRequired,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    ValidationError,
)

from server.storage.models import Block, Clinic, Protocol
from server.web.clinic.names import AGENT_NAMES, REGIONS, SIDES, language_name
from server.web.clinic.words import initial_capital
from server.web.speech import N, t
from server.words.catalogues import SOURCE_LANGUAGE, Language

CHOOSE_ONE = ("", N("Choose one"))
AGENT_CHOICES = [CHOOSE_ONE, *AGENT_NAMES.items()]
GIVEN = [("", N("Not known yet")), ("no", N("No")), ("yes", N("Yes"))]
#: What is kept of an answer to one of these.
_YES_OR_NO = {"": None, "no": False, "yes": True}
#: Of any local anaesthetic; what lies above is a typing slip.
MOST_PERCENT = 10
_PERCENT = re.compile(r"([0-9]{1,3}(?:[.,][0-9]{1,3})?)\s*%?")
MOST_SITES = 4
SITE_CHARACTERS = 60


EARLIEST_YEAR, LATEST_YEAR = 2000, 2100


def at_most(characters: int) -> Length:
    """A validator of what is typed in one line."""
    return Length(max=characters, message=N("Use {most} characters or fewer.", most=characters))


def near_year(_form: Any, field: Any) -> None:
    """Far from today a typing slip is more likely, and no calendar can be drawn around it."""
    if field.data and not EARLIEST_YEAR <= field.data.year <= LATEST_YEAR:
        raise ValidationError(
            N("Type a year from {first} to {last}.", first=EARLIEST_YEAR, last=LATEST_YEAR)
        )


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


class _EmailFields(FlaskForm):  # type: ignore[misc]
    """Where reminders go if no phone of the patient gets a push; only with the patient's word."""

    email = StringField(N("Patient’s e-mail address"), filters=[_stripped])
    email_agreed = BooleanField(N("The patient agreed to be reminded at this address"))

    def validate_email(self, field: Any) -> None:
        if not field.data:
            return
        try:
            found = validate_email(field.data, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise ValidationError(N("Type one address, such as name@example.org.")) from None
        field.data = found.ascii_email

    def validate_email_agreed(self, field: Any) -> None:
        if self.email.data and not field.data:
            raise ValidationError(N("Ask the patient first, then tick this."))


class EmailForm(_EmailFields):
    """The address of a patient who is enrolled already."""

    def validate_email(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(N("Type the address, such as name@example.org."))
        super().validate_email(field)


class GivenForm(FlaskForm):  # type: ignore[misc]
    """What was injected beside the agent's name, and given for it; it may be known only later."""

    concentration = StringField(
        N("Concentration, in percent"), filters=[_stripped], validators=[Optional()]
    )
    steroid = RadioField(N("Steroid with it"), choices=GIVEN, default="")
    sedation = RadioField(N("Sedation"), choices=GIVEN, default="")

    def given(self) -> dict[str, float | bool | None]:
        """As `blocks` keeps it; None of each that nobody said."""
        return {
            "concentration_percent": self.concentration_percent(),
            "steroid": _YES_OR_NO[self.steroid.data],
            "sedation": _YES_OR_NO[self.sedation.data],
        }

    def show(self, block: Block) -> None:
        """What is known of a block."""
        percent = block.concentration_percent
        self.concentration.data = "" if percent is None else f"{percent:g}"
        for field, kept in ((self.steroid, block.steroid), (self.sedation, block.sedation)):
            field.data = next(code for code, means in _YES_OR_NO.items() if means is kept)

    def concentration_percent(self) -> float | None:
        """The concentration as typed, "0.5", "0,5" or "0.5 %"; None if none was."""
        typed = _PERCENT.fullmatch(self.concentration.data or "")
        return float(typed[1].replace(",", ".")) if typed else None

    def validate_concentration(self, field: Any) -> None:
        percent = self.concentration_percent()
        if field.data and percent is None:
            raise ValidationError(N("Type a number such as 0.5, with at most 3 decimals."))
        if percent is not None and not 0 < percent <= MOST_PERCENT:
            raise ValidationError(N("Type a number above 0 and up to {most}.", most=MOST_PERCENT))


class EnrolForm(GivenForm, _EmailFields):
    """A patient and one block, in one go."""

    reference = StringField(
        N("Patient reference"),
        filters=[_stripped],
        validators=[
            DataRequired(N("Type the patient’s reference at your clinic.")),
            Length(max=60, message=N("Use 60 characters or fewer.")),
        ],
    )
    number = IntegerField(
        N("Number in the series"),
        default=1,
        validators=[
            InputRequired(N("Type a number: 1 for a first block.")),
            NumberRange(1, 99, N("Type a number from 1 to 99.")),
        ],
    )
    planned_on = DateField(
        N("Date of the block"),
        validators=[InputRequired(N("Type the date on which it is planned.")), near_year],
    )
    region = RadioField(
        N("Region"),
        choices=list(REGIONS.items()),
        validators=[InputRequired(N("Choose the region."))],
    )
    levels = StringField(
        N("Levels"),
        filters=[_stripped],
        validators=[
            DataRequired(N("Type the levels, such as L4/5, L5/S1.")),
            Length(max=120, message=N("Use 120 characters or fewer.")),
        ],
    )
    side = RadioField(
        N("Side"), choices=list(SIDES.items()), validators=[InputRequired(N("Choose the side."))]
    )
    agent = SelectField(
        N("Anaesthetic"),
        choices=AGENT_CHOICES,
        validators=[InputRequired(N("Choose the anaesthetic."))],
    )
    sites = StringField(N("Pains to score, separated by commas"), filters=[_stripped])
    protocol = SelectField(N("Protocol"), validators=[InputRequired(N("Choose a protocol."))])
    language = SelectField(N("Patient’s language"), default=SOURCE_LANGUAGE)
    timezone = StringField(N("Time zone of the diary"), filters=[_stripped])
    known = BooleanField(N("Add this block for the patient who has this reference already"))

    def offer(
        self,
        clinic: Clinic,
        protocols: Sequence[Protocol],
        languages: Sequence[Language],
        today: date,
    ) -> None:
        """The clinic's own choices and defaults."""
        # Which one judges the diary is never chosen by the order of a list.
        undecided = [CHOOSE_ONE] if len(protocols) > 1 else []
        self.protocol.choices = undecided + [
            (
                str(each.id),
                t("{name}, version {number}", name=initial_capital(each.name), number=each.version),
            )
            for each in protocols
        ]
        self.language.choices = [(each.code, language_name(each)) for each in languages]
        if not self.is_submitted():
            self.planned_on.data = today
            self.timezone.data = clinic.timezone

    def site_names(self) -> list[str]:
        """The pain sites as typed; left and right, or one, if none were."""
        typed = [site.strip() for site in (self.sites.data or "").split(",") if site.strip()]
        if typed:
            return typed
        return ["left", "right"] if self.side.data == "both" else ["main"]

    def validate_sites(self, _field: Any) -> None:
        names = self.site_names()
        if len(names) > MOST_SITES:
            raise ValidationError(N("Name {most} pains or fewer.", most=MOST_SITES))
        if len({name.casefold() for name in names}) < len(names):
            raise ValidationError(N("Each pain needs a name of its own."))
        if any(len(name) > SITE_CHARACTERS for name in names):
            raise ValidationError(
                N("Use names of {most} characters or fewer.", most=SITE_CHARACTERS)
            )

    def validate_timezone(self, field: Any) -> None:
        if field.data not in available_timezones():
            raise ValidationError(N("Choose a zone from the list, such as Europe/London."))


#: Where the clocks go back, they show an hour twice.
WHICH = [("first", N("The first")), ("second", N("The second"))]


class TimeForm(FlaskForm):  # type: ignore[misc]
    """When a block was done, on the wall where it was done."""

    #: Did the clock show the time twice that night, and nobody has said which is meant?
    asks_which = False

    performed_on = DateField(N("Date"), validators=[InputRequired(N("Type the date.")), near_year])
    performed_time = TimeField(
        N("Time"), validators=[InputRequired(N("Type the time, such as 09:30."))]
    )
    occurrence = RadioField(
        N("Which of the two"),
        choices=WHICH,
        validators=[Optional()],
    )


class BaselineForm(FlaskForm):  # type: ignore[misc]
    """The baseline of one pain site, entered or confirmed by staff."""

    site = StringField(N("Pain"), validators=[DataRequired(N("Choose the pain."))])
    score = IntegerField(
        N("Score before the block"),
        validators=[
            InputRequired(N("Type a whole number from 0 to 10.")),
            NumberRange(0, 10, N("Type a whole number from 0 to 10.")),
        ],
    )


class SignOffForm(FlaskForm):  # type: ignore[misc]
    """A clinician's conclusion; `figures` is the fingerprint of what was read."""

    comment = TextAreaField(
        N("Conclusion or comment"),
        filters=[_stripped],
        validators=[Length(max=1000, message=N("Use 1,000 characters or fewer."))],
    )
    figures = HiddenField(validators=[DataRequired()])
