"""The form in which a protocol is written, and the one that asks for a preview."""

from dataclasses import fields
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from server.domain.clinic_protocol import (
    MOST_NAME_CHARACTERS,
    MOST_SOURCE_CHARACTERS,
    ClinicProtocol,
    PatientText,
    check_plain,
    check_times,
)
from server.domain.errors import DomainError, Invalid
from server.domain.protocol import Criteria, PlannedAssessment, Protocol
from server.domain.wall_clock import instant_on_the_wall
from server.domain.written_times import read_after, read_days, written_after, written_days
from server.web.clinic.forms import near_year
from server.web.clinic.sentences import sentence
from server.web.speech import N, said
from server.words.catalogues import LANGUAGES

#: A day: a baseline that is older says nothing about the pain that the block was done for.
MOST_BASELINE_MINUTES = 24 * 60
#: In the order of the form: what a criterion is called, and what it does.
CRITERIA = {
    "threshold_percent": (N("Relief that counts, in percent"), N("Often 50, 80 or 100")),
    "min_baseline": (N("Lowest baseline for a verdict"), N("0 to 10; below it there is none")),
    "verdict_minutes": (N("The verdict looks at the first minutes"), N("480 is 8 hours")),
    "early_minutes": (N("First reading no later than, in minutes"), N("Else there is no verdict")),
    "min_spread_minutes": (N("“Met” needs two readings apart by, in minutes"), None),
    "max_gap_minutes": (N("Longest gap within one stretch of relief, in minutes"), None),
    "not_met_readings": (N("“Not met” needs so many readings"), None),
    "not_met_minutes": (N("… in the first minutes"), None),
    "rescue_minutes": (N("After extra medicine readings do not count for, in minutes"), None),
}
#: Shown at once; the others wait behind a summary.
FIRST_CRITERIA = ("threshold_percent", "min_baseline", "verdict_minutes")


def _stripped(value: str | None) -> str:
    return (value or "").replace("\r\n", "\n").strip()


class PreviewForm(FlaskForm):  # type: ignore[misc]
    """The block whose days are shown; sent in the address."""

    class Meta:
        csrf = False

    performed_on = DateField(
        N("Date of the block"), validators=[InputRequired(N("Type the date.")), near_year]
    )
    performed_time = TimeField(
        N("Time of the block"), validators=[InputRequired(N("Type the time, such as 09:30."))]
    )

    def performed_at(self, timezone: str) -> datetime | None:
        """t0 as a valid form gives it; None with an error at the time if no clock shows it."""
        local = datetime.combine(self.performed_on.data, self.performed_time.data)
        try:
            return instant_on_the_wall(local, timezone, "first")
        except DomainError as error:
            self.performed_time.errors = [said(error)]
            return None

    def start_with(self, today: date) -> None:
        """What is shown before anybody asked."""
        self.performed_on.data, self.performed_time.data = today, time(9)


class ProtocolForm(PreviewForm):
    """One version of a protocol, as it is typed; the block of its preview goes along."""

    class Meta:
        csrf = True

    #: The newest version when the form was opened; empty for a protocol that is new.
    newest = HiddenField()
    name = StringField(N("Name"), filters=[_stripped])
    source = StringField(N("Where it comes from"), filters=[_stripped])
    offered = BooleanField(N("Offer it when a patient is enrolled"))
    after = TextAreaField(N("Times after the block"), filters=[_stripped])
    days = TextAreaField(N("Days after, and at what time"), filters=[_stripped])
    baseline_max_age_minutes = IntegerField(
        N("Oldest baseline that counts, in minutes before the block"),
        validators=[
            InputRequired(N("Type a number such as 240.")),
            NumberRange(
                1, MOST_BASELINE_MINUTES, N("Type 1 to {most}.", most=MOST_BASELINE_MINUTES)
            ),
        ],
    )
    nudge = BooleanField(N("Remind once more, half way, if no phone showed the first reminder"))

    def criteria_fields(self) -> list[Field]:
        """In the order of `CRITERIA`."""
        return [self[name] for name in CRITERIA]

    def text_fields(self, language: str) -> tuple[Field, Field]:
        """Instructions and cautions in one language."""
        return self[f"instructions_{language}"], self[f"cautions_{language}"]

    def fill(self, protocol: ClinicProtocol, newest: str, today: date) -> None:
        """Show a protocol as the one to start from."""
        self.newest.data = newest
        self.name.data, self.source.data = protocol.schedule.name, protocol.source
        self.offered.data, self.nudge.data = protocol.offered, protocol.nudge
        self.after.data = written_after(protocol.schedule.assessments)
        self.days.data = written_days(protocol.schedule.assessments)
        self.baseline_max_age_minutes.data = protocol.baseline_max_age_minutes
        for name in CRITERIA:
            self[name].data = int(getattr(protocol.criteria, name))
        for language in LANGUAGES:
            text = protocol.texts.get(language, PatientText())
            instructions, cautions = self.text_fields(language)
            instructions.data, cautions.data = text.instructions, text.cautions
        self.start_with(today)

    def protocol(self) -> ClinicProtocol:
        """What a valid form says."""
        texts = {
            language: PatientText(*(field.data for field in self.text_fields(language)))
            for language in LANGUAGES
        }
        return ClinicProtocol(
            Protocol(self.name.data, self._planned()),
            self._criteria(),
            self.baseline_max_age_minutes.data,
            self.nudge.data,
            {language: text for language, text in texts.items() if text},
            self.source.data,
            self.offered.data,
        )

    def validate_name(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(N("Type a name, such as Standard with two weeks."))
        if len(field.data) > MOST_NAME_CHARACTERS or not field.data.isprintable():
            raise ValidationError(
                N("Use {most} characters or fewer, in one line.", most=MOST_NAME_CHARACTERS)
            )

    def validate_source(self, field: Any) -> None:
        if len(field.data) > MOST_SOURCE_CHARACTERS or not field.data.isprintable():
            raise ValidationError(
                N("Use {most} characters or fewer, in one line.", most=MOST_SOURCE_CHARACTERS)
            )

    def validate(self, extra_validators: Any = None) -> bool:
        """The rules of the domain too, each at the field that it is about."""
        valid = bool(super().validate(extra_validators))
        for rule in (self._planned, self._check_criteria, self._check_texts):
            try:
                rule()
            except Invalid as fault:
                field = self[fault.path.removeprefix("criteria.")]
                if not field.errors:
                    field.errors = [sentence(fault)]
                valid = False
        return valid

    def _planned(self) -> tuple[PlannedAssessment, ...]:
        planned = read_after(self.after.data) + read_days(self.days.data)
        check_times(planned)
        return planned

    def _criteria(self) -> Criteria:
        values: dict[str, Any] = {each.name: self[each.name].data for each in fields(Criteria)}
        for name in values:
            if name.endswith("_minutes"):
                values[name] = Fraction(values[name])
        return Criteria(**values)

    def _check_criteria(self) -> None:
        if all(field.data is not None for field in self.criteria_fields()):
            self._criteria()

    def _check_texts(self) -> None:
        for language in LANGUAGES:
            for field in self.text_fields(language):
                check_plain(field.data, field.name)


for _name, (_label, _) in CRITERIA.items():
    _needed = [InputRequired(N("Type a whole number."))]
    setattr(ProtocolForm, _name, IntegerField(_label, validators=_needed))
for _language in LANGUAGES:
    for _part, _label in (("instructions", N("Instructions")), ("cautions", N("Cautions"))):
        _field = TextAreaField(_label, filters=[_stripped], validators=[Optional()])
        setattr(ProtocolForm, f"{_part}_{_language}", _field)
