"""Collects the messages that patients read, and brings every language's catalogue up to date.

`python -m pwa.words` (make words) writes `server/words/patient.pot` and the .po files; a new message
stands in them without a translation, and one that is gone is gone from them. `compiled` makes the
phone's JSON of a catalogue. Used by the build: imports nothing but Babel.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run by its file name, or in the build of a wheel
    sys.path.insert(0, str(ROOT))

from pwa import messages  # noqa: E402
from server.words import catalogues  # noqa: E402

TEMPLATE = catalogues.FOLDER / "patient.pot"
TEMPLATES = ROOT / "server" / "web" / "templates" / "patient"
#: Where the server words something for a patient: the place of the message among the arguments.
SERVER_CALLS = {
    "server/domain/enrolment.py": {
        **dict.fromkeys(("CodeUnknown", "CodeUsed", "CodeRevoked", "CodeExpired"), (1,)),
        "Invalid": (2,),
    },
    "server/push/email.py": {"t": (2,)},
    "server/push/payload.py": {"t": (2,)},
    "server/web/redeem_limits.py": {"t": (2,)},
}
#: In an order that tells the forms apart for Intl.PluralRules, as gettext's formulas here number them.
PLURALS = {
    "en": ("one", "other"),
    "es": ("one", "other"),
    "fr": ("one", "other"),
    "de": ("one", "other"),
    "ar": ("zero", "one", "two", "few", "many", "other"),
}
#: What a template may hold besides words, such as the addresses of scripts; a mistake in one is told.
_JINJA = {"extensions": "webassets.ext.jinja2.AssetsExtension", "silent": "false"}
#: Said by the tool that wrote a file; they change without any message changing.
_NOISE = (
    *("Project-Id-Version", "Report-Msgid-Bugs-To", "POT-Creation-Date", "PO-Revision-Date"),
    *("Last-Translator", "Language-Team", "Generated-By"),
)


def extracted() -> Catalog:
    """Every message that patients read, with the files it is from."""
    found = Catalog(fuzzy=False, header_comment="# What patients read. English is the source.")
    for path in messages.all_sources():
        for each in messages.messages(path.read_text(encoding="utf-8")):
            _add(found, (each.text, each.other) if each.other is not None else each.text, path)
    for name, calls in SERVER_CALLS.items():
        for _, text, _, _ in extract_from_file("python", ROOT / name, keywords=calls):
            _add(found, text, ROOT / name)
    for path in sorted(TEMPLATES.glob("*.html")):
        keywords = {"t": None, "tn": (1, 2)}
        for _, text, _, _ in extract_from_file("jinja2", path, keywords=keywords, options=_JINJA):
            _add(found, text, path)
    return found


def _add(to: Catalog, text: str | tuple[str, ...], path: Path) -> None:
    known = to.get(text)
    if known is not None and (known.id if known.pluralizable else (known.id,)) != (
        text if isinstance(text, tuple) else (text,)
    ):
        raise messages.NoMessage(f"{path.name}: {text!r} is a message of t() and of tn()")
    to.add(text, locations=[(path.relative_to(ROOT).as_posix(), 1)])


def update() -> None:
    """Write the template and every catalogue anew, with what the sources say now."""
    template = extracted()
    TEMPLATE.write_bytes(_written(template))
    for code in catalogues.LANGUAGES[1:]:
        path = catalogues.po_file(code)
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code, domain="patient")
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        path.write_bytes(_written(catalogue))


def _written(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    lines = out.getvalue().decode().splitlines(keepends=True)
    kept = (line for line in lines if not line.startswith(tuple(f'"{name}:' for name in _NOISE)))
    return "".join(kept).encode()


def compiled(code: str, texts: dict[str, str | None]) -> dict[str, object]:
    """A language's catalogue for the phone.

    The words stand in the order of `texts` (see `messages.texts`); where there is a count, all
    forms in the order of `plurals`. What is not translated yet is in English, as the tests say.
    """
    language = catalogues.language(code)
    words: list[str | list[str]] = []
    for text, other in texts.items():
        said = catalogues.forms(code, text) or ([text] if other is None else [text, other])
        words.append(said[0] if other is None else said)
    return {
        "language": code,
        "dir": language.direction,
        "scale": language.scale_direction,
        "reviewed": language.is_reviewed,
        "plurals": PLURALS[code],
        "words": words,
    }


def worker_words() -> dict[str, dict[str, str]]:
    """What the service worker says by itself, by language and English text."""
    texts = messages.texts(messages.worker_sources())
    return {
        code: {text: catalogues.t(code, text) for text in texts}
        for code in catalogues.LANGUAGES[1:]
    }


if __name__ == "__main__":
    update()
