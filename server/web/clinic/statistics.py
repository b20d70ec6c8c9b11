"""What the clinic's blocks say together; no person is ranked or named."""

from datetime import date, timedelta
from math import inf

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from server.domain.schedule import local_date
from server.domain.statistics import THRESHOLDS, Middle, Share, statistics
from server.storage import dossiers
from server.web.clinic.access import staff
from server.web.clinic.page import clinic
from server.web.clinic.words import span
from server.web.context import services
from server.web.speech import N, t

blueprint = Blueprint("statistics", __name__, url_prefix="/clinic")

#: What is looked at if nobody says: as many days until today.
USUAL = timedelta(days=365)


@blueprint.get("/statistics")
def shown() -> ResponseReturnValue:
    """Responses by agent, region and level, and how the assessments were answered."""
    today = local_date(g.now, clinic().timezone)
    first, last, problem = today - USUAL, today, None
    try:
        first, last = _day("from") or first, _day("to") or last
    except ValueError:
        problem = N("Type days as 2026-03-31, or leave them empty.")
    if first > last:
        problem = N("The first day is after the last.")
    found = None
    if problem is None:
        with services().database.reading() as session:
            clinic_id = staff().clinic_id
            found = statistics(dossiers.of_clinic(session, clinic_id, first, last, g.now))
    page = render_template(
        "clinic/statistics.html",
        found=found,
        thresholds=THRESHOLDS,
        first=first,
        last=last,
        problem=problem,
        in_words=share_in_words,
        middle_in_words=middle_in_words,
        duration_in_words=duration_in_words,
    )
    return page, 200 if problem is None else 422


def share_in_words(share: Share) -> str:
    """ "8 of 12 (67 %)" """
    if share.percent is None:
        return "–"
    return t(
        "{part} of {whole} ({percent} %)",
        part=share.part,
        whole=share.whole,
        percent=f"{share.percent:.0f}",
    )


def middle_in_words(found: Middle) -> str:
    """ "70 % (55 to 90)" """
    if found.median is None:
        return "–"
    median, lower, upper = (f"{each:.0f}" for each in (found.median, found.lower, found.upper))
    return t("{median} % ({lower} to {upper})", median=median, lower=lower, upper=upper)


def duration_in_words(at_least: Middle, at_most: Middle) -> str:
    """The median of a length that each block gives as an interval: "2 h to 4 h"."""
    if at_least.median is None or at_most.median is None:
        return "–"
    lower = span(at_least.median)
    if at_most.median == inf:
        return t("at least {span}", span=lower)
    return t("{lower} to {upper}", lower=lower, upper=span(at_most.median))


def _day(name: str) -> date | None:
    typed = request.args.get(name, "").strip()
    return date.fromisoformat(typed) if typed else None
