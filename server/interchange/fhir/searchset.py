"""One page of what was found, and what is told when there is nothing to give."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from server.domain.dossier import Dossier
from server.interchange.fhir.bundle import of_kind
from server.interchange.fhir.elements import Json
from server.interchange.fhir.search import AFTER, Position, Search

#: So many blocks are looked through for one page: it may hold less than was asked for, or nothing,
#: and still name a next one. So no search takes long, however much a clinic holds.
MOST_BLOCKS = 100


def page(
    found: Iterable[Dossier], search: Search, base: str
) -> tuple[list[Json], Position | None, list[Dossier]]:
    """The resources of one page, where the next begins (None: there is none), and the blocks that
    they are of.

    :param found: blocks that may hold some, from where the page begins
    """
    chosen: list[Json] = []
    shown: list[Dossier] = []
    for looked_at, of in enumerate(found):
        begins = search.after.resource_id if search.after and _is_at(search.after, of) else ""
        if looked_at == MOST_BLOCKS:
            return chosen, _position(of, begins), shown
        last = begins
        for resource in of_kind(of, base, search.kind):
            if resource["id"] <= begins or not search.holds(resource):
                continue
            if len(chosen) == search.count:
                return chosen, _position(of, last), shown
            chosen.append(resource)
            last = resource["id"]
            if of not in shown[-1:]:
                shown.append(of)
    return chosen, None, shown


def searchset(
    chosen: Sequence[Json], search: Search, following: Position | None, base: str
) -> Json:
    """The page as a Bundle, checked by fhir.resources.

    :raises ValueError: a resource is not what FHIR says; a fault of this program
    """
    from fhir.resources.R4B.bundle import Bundle  # takes a moment to load

    own = [(AFTER, str(search.after))] if search.after else []
    links = [_link("self", search, own, base)]
    if following is not None:
        links.append(_link("next", search, [(AFTER, str(following))], base))
    made: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if following is None and search.after is None:
        made["total"] = len(chosen)
    entries = [
        {
            "fullUrl": f"{base}/{each['resourceType']}/{each['id']}",
            "resource": each,
            "search": {"mode": "match"},
        }
        for each in chosen
    ]
    if search.ignored:
        left_out = f"Not offered, and left out: {', '.join(search.ignored)}"
        told = outcome("not-supported", left_out, severity="warning")
        entries.append({"resource": told, "search": {"mode": "outcome"}})
    if entries:
        made["entry"] = entries
    Bundle.model_validate(made)
    return made


def outcome(code: str, text: str, *, severity: str = "error") -> Json:
    """What went wrong, as FHIR says it.

    :param code: of the value set issue-type
    """
    issue = {"severity": severity, "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _is_at(position: Position, of: Dossier) -> bool:
    return position.block_id == of.details.id


def _position(of: Dossier, resource_id: str) -> Position:
    return Position(of.details.planned_on, of.details.id, resource_id)


def _link(relation: str, search: Search, more: list[tuple[str, str]], base: str) -> Json:
    query = urlencode([*search.used, *more])
    return {"relation": relation, "url": f"{base}/{search.kind}" + (f"?{query}" if query else "")}
