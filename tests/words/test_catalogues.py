"""Every catalogue says everything, in the forms of its language, with the values of its source."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from pwa import words
from server.words import catalogues

OTHERS = catalogues.LANGUAGES[1:]
DOMAINS = get_args(catalogues.Domain)
#: Said the same in every language, or by chance in one.
SAME: dict[catalogues.Domain, set[str]] = {
    "patient": {
        "Block Diary",
        "Code",
        "Note",
        "Type",
        "Injection",
        "Injection {number}",
        "Patient",
    },
    "clinic": {
        *(
            "80 % US Medicare",
            "FHIR R4 Bundle",
            "PDF, A4",
            "PDF, US Letter",
            "UW Health",
            "Webhook",
        ),
        *("{day}, {time}", "{hours} h {minutes} min", "{hours} h", "{minutes} min", "{percent} %"),
        *("{verdict}: {rule}", "{weekday} {time}", "in {span}", "no", "No", "no: {reason}"),
        *("Attention", "Audit", "Browser", "Cervical", "Code", "Conclusion", "Contact", "Date"),
        *("Error:", "Export", "Lumbar", "Name", "Passkeys", "Patient", "Patients", "Region"),
        *("Source", "Standard", "Status", "Token", "Versions", "Version {number}"),
        *("version {number}, {day}", "{name}, version {number}"),
        *(
            "action",
            "format",
            "id",
            "invitation",
            "page",
            "Pages",
            "patient",
            "score",
            "scores",
            "site",
            "source",
            "type",
        ),
        "version",
    },
}
VALUE = re.compile(r"\{\w+\}")


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> catalogues.Domain:
    return request.param


@pytest.fixture(scope="module")
def source(domain: catalogues.Domain) -> Catalog:
    return words.extracted(domain)


def sources_of(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def said_by(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def pairs(
    source: Catalog, language: str, domain: catalogues.Domain
) -> Iterator[tuple[Message, Message]]:
    for message in source:
        if message.id:
            translated = catalogues.catalogue(language, domain).get(sources_of(message)[0])
            if translated is not None:
                yield message, translated


def test_the_template_is_what_the_sources_say(source: Catalog, domain: catalogues.Domain) -> None:
    """`make words` brings it up to date."""
    with words.template(domain).open("rb") as file:
        kept = read_po(file)
    assert {each.id for each in kept} == {each.id for each in source}


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing_left_over_or_in_doubt(
    source: Catalog, language: str, domain: catalogues.Domain
) -> None:
    """`make words` adds what is new; then write its translation into the .po file."""
    catalogue = catalogues.catalogue(language, domain)
    wanted = {each.id for each in source if each.id}
    assert wanted - {each.id for each in catalogue} == set(), "run make words"
    assert {each.id for each in catalogue if each.id} - wanted == set(), "run make words"
    missing = [m.id for _, m in pairs(source, language, domain) if not all(said_by(m)) or m.fuzzy]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_left_in_english(
    source: Catalog, language: str, domain: catalogues.Domain
) -> None:
    same = {m.id for _, m in pairs(source, language, domain) if m.id in said_by(m)}
    assert same - SAME[domain] == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_values_of_its_source(
    source: Catalog, language: str, domain: catalogues.Domain
) -> None:
    faults = []
    for message, translated in pairs(source, language, domain):
        wanted = [set(VALUE.findall(each)) for each in sources_of(message)]
        for form, text in enumerate(said_by(translated)):
            values = set(VALUE.findall(text))
            # "two days" may do without the figure, and "none" without the rest.
            spoken = translated.pluralizable and form < 3 and len(said_by(translated)) > 2
            if values not in wanted and not (spoken and values < wanted[-1]):
                faults.append((message.id, text))
            if text.count("{") != len(VALUE.findall(text)) or text.strip() != text:
                faults.append((message.id, text))
    assert faults == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_plural_forms_are_those_of_the_language(language: str) -> None:
    """The phone asks Intl.PluralRules which form it is, gettext its own formula: they agree."""
    names = catalogues.PLURALS[language]
    rule = Locale.parse(language).plural_form
    assert {rule(count) for count in range(1000)} == set(names)
    if language == catalogues.SOURCE_LANGUAGE:
        return
    catalogue = catalogues.catalogue(language)
    assert catalogue.num_plurals == len(names)
    formula = catalogue.plural_expr.replace("&&", " and ").replace("||", " or ")
    for count in range(1000):
        assert names[chosen(formula, count)] == rule(count), count
    for message in catalogue:
        if message.pluralizable:
            assert len(message.string) == len(names), message.id


def chosen(formula: str, count: int) -> int:
    """What a plural formula of gettext says, its chain of conditions read from left to right."""
    *conditions, last = re.split(r"\s*:\s*", formula.strip("() "))
    for part in conditions:
        condition, form = part.split("?")
        if eval(condition, {"n": count}):
            return int(form)
    return int(last) if last.strip().isdigit() else int(eval(last, {"n": count}))


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_whether_clinicians_have_reviewed_it(language: str) -> None:
    comment = catalogues.catalogue(language).header_comment
    assert len(re.findall(r"^# Clinical review: ", comment, re.MULTILINE)) == 1
    assert len(re.findall(r"^# Scale from 0 to 10: ", comment, re.MULTILINE)) == 1


@pytest.mark.parametrize(
    ("line", "reviewed"),
    [
        ("none", None),
        ("none yet", None),
        ("Dr A. Example, 2027-01-05", "Dr A. Example, 2027-01-05"),
    ],
)
def test_a_review_is_read_from_the_head_of_a_catalogue(line: str, reviewed: str | None) -> None:
    catalogue = Catalog(locale="fr", header_comment=f"# Words.\n# Clinical review: {line}\n#")
    assert catalogues.review(catalogue) == reviewed


@pytest.mark.parametrize(
    ("line", "direction"), [("left to right", "ltr"), ("right to left", "rtl"), ("", "ltr")]
)
def test_the_order_of_the_scale_is_read_from_there_too(line: str, direction: str) -> None:
    catalogue = Catalog(locale="ar", header_comment=f"# Scale from 0 to 10: {line}\n#")
    assert catalogues.scale_direction(catalogue) == direction


def test_a_new_message_is_in_english_until_it_is_translated() -> None:
    compiled = words.compiled("es", {"Not in any catalogue": None, "{count} new": "{count} news"})
    assert compiled["words"] == ["Not in any catalogue", ["{count} new", "{count} news"]]
    assert (
        catalogues.t("es", "Not in any {thing}", {"thing": "catalogue"}) == "Not in any catalogue"
    )


def test_the_names_of_the_languages_are_their_own() -> None:
    names = [catalogues.language(code).name for code in catalogues.LANGUAGES]
    assert names == ["English", "Español", "Français", "Deutsch", "العربية"]
    assert [catalogues.language(code).direction for code in catalogues.LANGUAGES] == [
        *(["ltr"] * 4),
        "rtl",
    ]


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
@pytest.mark.parametrize(
    "message",
    ["Baseline {score}", "{percent} % relief: {score}", "{percent} % relief: {score} or less"],
)
def test_what_stands_beside_the_curve_has_room_in_every_language(
    language: str, message: str
) -> None:
    """The room is for what English says, and two letters more."""
    values = {"score": 10, "percent": 80}
    room = len("80 % relief: 10 or less") + 2
    assert len(catalogues.t(language, message, values, "clinic")) <= room
