"""What a program may read with a clinic's API token."""

from collections.abc import Collection, Mapping

#: In front of every token, so that one that was left somewhere is recognised.
PREFIX = "bdt_"
TOKEN_BYTES = 32
#: How long a token may live, in days; there is none without an end.
LIFETIMES_DAYS = (30, 90, 365)

#: Resource types of FHIR by scope. What no scope names is closed to every token.
SCOPES: Mapping[str, frozenset[str]] = {
    "fhir:read": frozenset(
        {
            "Patient",
            "Organization",
            "Procedure",
            "Questionnaire",
            "QuestionnaireResponse",
            "Observation",
            "DiagnosticReport",
            "MedicationStatement",
            "Provenance",
        }
    ),
    "fhir:procedures": frozenset({"Patient", "Organization", "Procedure"}),
}


def may_read(scopes: Collection[str], kind: str) -> bool:
    """May a token with these scopes read resources of this type? Not if nobody said so."""
    return any(kind in SCOPES.get(scope, frozenset()) for scope in scopes)
