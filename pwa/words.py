"""Collects the messages that patients and staff read, and brings every catalogue up to date.

`python -m pwa.words` (make words) writes `server/words/*.pot` and the .po files; a new message
stands in them without a translation, and one that is gone is gone from them. `compiled` makes the
phone's JSON of a catalogue. Used by the build: imports nothing but Babel.
"""

import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # run by its file name, or in the build of a wheel
    sys.path.insert(0, str(ROOT))

from pwa import messages  # noqa: E402
from server.words import catalogues  # noqa: E402

Calls = Mapping[str, tuple[int, ...]]
TEMPLATES = ROOT / "server" / "web" / "templates" / "patient"
CLINIC = ROOT / "server" / "web" / "clinic"
CLINIC_TEMPLATES = ROOT / "server" / "web" / "templates" / "clinic"
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
#: The rules that staff meet at the clinic's pages, and what these say to them.
STAFF_CALLS: dict[str, Calls] = {
    "server/web/errors.py": {"N": (1,)},
    "server/domain/clinic_protocol.py": {"Invalid": (2,)},
    "server/domain/contact.py": {"Invalid": (2,)},
    "server/domain/retention.py": {"Invalid": (2,)},
    "server/domain/staff_entries.py": {"Invalid": (2,)},
    "server/domain/wall_clock.py": {"NoSuchTime": (1,), "TimeOccursTwice": (1,)},
    "server/domain/written_times.py": {"Invalid": (2,)},
    **{
        f"server/storage/{name}.py": {"Invalid": (2,), "Conflict": (1,), "NotFound": (1,)}
        for name in (
            *("api_tokens", "baselines", "blocks", "clinics", "email_reminders", "passkeys"),
            *("patients", "protocols", "report_pushes", "report_targets", "second_factors"),
            *("staff", "staff_access", "staff_entries"),
        )
    },
}
#: A preset's title, and what it says of itself.
PRESETS, PRESET_CALLS = "server/domain/presets.py", ({"_preset": (2,)}, {"_preset": (4,)})
#: What the modules of the clinic's pages say.
CLINIC_CALLS = {
    "t": (1,),
    "tn": (1, 2),
    "N": (1,),
    "Invalid": (2,),
    **dict.fromkeys(("Conflict", "NotFound"), (1,)),
}
#: What a template may hold besides words, such as the addresses of scripts; a mistake in one is told.
_JINJA = {"extensions": "webassets.ext.jinja2.AssetsExtension", "silent": "false"}
#: Said by the tool that wrote a file; they change without any message changing.
_NOISE = (
    *("Project-Id-Version", "Report-Msgid-Bugs-To", "POT-Creation-Date", "PO-Revision-Date"),
    *("Last-Translator", "Language-Team", "Generated-By"),
)


def template(domain: catalogues.Domain) -> Path:
    """Where the messages of a domain lie as their sources say them."""
    return catalogues.FOLDER / f"{domain}.pot"


def extracted(domain: catalogues.Domain) -> Catalog:
    """Every message that patients, or staff, read, with the files it is from."""
    return _for_patients() if domain == "patient" else _for_staff()


def _for_patients() -> Catalog:
    found = Catalog(fuzzy=False, header_comment="# What patients read. English is the source.")
    for path in messages.all_sources():
        for each in messages.messages(path.read_text(encoding="utf-8")):
            _add(found, (each.text, each.other) if each.other is not None else each.text, path)
    for name, calls in SERVER_CALLS.items():
        _add_python(found, ROOT / name, calls)
    for path in sorted(TEMPLATES.glob("*.html")):
        _add_template(found, path)
    return found


def _for_staff() -> Catalog:
    found = Catalog(fuzzy=False, header_comment="# What staff read. English is the source.")
    for path in sorted(CLINIC.glob("*.py")):
        _add_python(found, path, CLINIC_CALLS)
    for name, calls in STAFF_CALLS.items():
        _add_python(found, ROOT / name, calls)
    for calls in PRESET_CALLS:
        _add_python(found, ROOT / PRESETS, calls)
    for path in (*sorted(CLINIC_TEMPLATES.glob("*.html")), CLINIC_TEMPLATES.parent / "error.html"):
        _add_template(found, path)
    return found


def _add_python(to: Catalog, path: Path, calls: Calls) -> None:
    for _, text, _, _ in extract_from_file("python", path, keywords=calls):
        _add(to, text, path)


def _add_template(to: Catalog, path: Path) -> None:
    keywords = {"t": None, "tn": (1, 2), "N": None}
    for _, text, _, _ in extract_from_file("jinja2", path, keywords=keywords, options=_JINJA):
        _add(to, text, path)


def _add(to: Catalog, text: str | tuple[str, ...], path: Path) -> None:
    known = to.get(text)
    if known is not None and (known.id if known.pluralizable else (known.id,)) != (
        text if isinstance(text, tuple) else (text,)
    ):
        raise messages.NoMessage(f"{path.name}: {text!r} is a message of t() and of tn()")
    to.add(text, locations=[(path.relative_to(ROOT).as_posix(), 1)])


def update() -> None:
    """Write the template and every catalogue anew, with what the sources say now."""
    for domain in get_args(catalogues.Domain):
        source = extracted(domain)
        template(domain).write_bytes(_written(source))
        for code in catalogues.LANGUAGES[1:]:
            path = catalogues.po_file(code, domain)
            with path.open("rb") as file:
                catalogue = read_po(file, locale=code, domain=domain)
            catalogue.update(source, no_fuzzy_matching=True, update_header_comment=False)
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
        "plurals": catalogues.PLURALS[code],
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
