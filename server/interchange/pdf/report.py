"""From the content of a block's page to the bytes of its PDF."""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from json import dumps
from typing import Any, Literal

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import typst

from server.interchange.pdf.page_content import page_content

Paper = Literal["a4", "us-letter"]
Json = dict[str, Any]

#: The colours of the curve on paper, where no style sheet of the page reaches.
STYLE = """<style>
text { font-family: "Noto Sans", "Noto Sans Arabic", "DejaVu Sans Mono"; font-size: 13.5px; fill: #444; }
.arrow { font-family: "DejaVu Sans Mono"; }
.strong { fill: #000; font-weight: bold; } .threshold-label { fill: #003c44; font-weight: bold; }
.grid { stroke: #ccc; } .axis { stroke: #777; } .night { fill: #ececec; } .window { fill: #e4eeee; }
.baseline { stroke: #000; stroke-width: 1.5; }
.threshold { stroke: #003c44; stroke-width: 1.5; stroke-dasharray: 6 4; }
.line { fill: none; stroke: #000; stroke-width: 2; }
.dot { fill: #000; stroke: #fff; stroke-width: 1.5; } .confounded { fill: #777; }
.recalled { fill: #fff; stroke: #000; stroke-width: 2; } .medicine { fill: #5a3800; }
</style>"""


#: Noto Sans has no arrow, and a line of which one sign is missing changes its font as a whole.
_WITH_ARROW = re.compile(r'<text x="([\d.]+)" y="([\d.]+)">([^<↓]*)↓</text>')


def report_pdf(
    html: str, *, title: str, clinic: str, made: str, paper: Paper, as_of: datetime
) -> bytes:
    """A tagged PDF (PDF/UA-1) of a block's page, fonts embedded, curves as vectors.

    :param html: the page, as a browser gets it
    :param title: of the document
    :param made: what the foot says beside the intended use: from which block, as of when
    """
    content = page_content(html) | {
        "title": title,
        "clinic": clinic,
        "made": made,
        "paper": paper,
    }
    content["sections"] = _with_curves(content["sections"])
    source = files("server.interchange.pdf").joinpath("report.typ").read_bytes()
    inputs = {"content": dumps(content)}

    def compiled(standard: Literal["ua-1", "1.7"]) -> bytes:
        compiler = typst.Compiler(source, font_paths=_fonts(), sys_inputs=inputs)
        pdf = compiler.compile(
            format="pdf", pdf_standards=[standard], timestamp=as_of.replace(microsecond=0)
        )
        assert isinstance(pdf, bytes)  # a list is for pictures, None for output to a file
        return pdf

    try:
        return compiled("ua-1")
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        # A note in a script that our fonts lack: still tagged, but PDF/UA permits no empty box.
        return compiled("1.7")


def _with_curves(sections: list[Json]) -> list[Json]:
    """The drawings with their captions, side by side where there are several."""
    told: list[Json] = []
    for section in sections:
        drawings = [each for each in section["items"] if each["kind"] == "drawing"]
        captions = [each for each in section["items"] if each["kind"] == "figcaption"]
        others = [
            each for each in section["items"] if each["kind"] not in ("drawing", "figcaption")
        ]
        if others:
            told.append({**section, "items": others})
        chosen = [each for each in drawings if each["narrow"] == (len(captions) > 1)]
        if chosen:
            drawn = [
                {"drawing": _alone(each), "caption": caption}
                for each, caption in zip(chosen, captions, strict=True)
            ]
            told.append({"items": [], "drawn": drawn})
    return told


def _alone(drawing: Json) -> Json:
    """The drawing as a file of its own, with its colours; its title is its text alternative."""
    start, _, rest = drawing["svg"].partition(">")
    alternative = rest.partition("</title>")[0].rpartition(">")[2].strip()
    rest = _WITH_ARROW.sub(r"""<text class="arrow" x="\1" y="\2">↓</text>
        <text x="\1" dx="12" y="\2">\3</text>""", rest)  # fmt: skip
    svg = f'{start} xmlns="http://www.w3.org/2000/svg">{STYLE}{rest}'
    return {"svg": svg, "alt": alternative}


@cache
def _fonts() -> typst.Fonts:
    """Read once; nothing of the machine's own fonts, so that the paper is the same everywhere.
    Typst's own lend the signs that Noto Sans lacks."""
    roots = [str(each.ROOT) for each in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=roots)
