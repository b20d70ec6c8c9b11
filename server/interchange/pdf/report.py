"""From the content of a block's page to the bytes of its PDF."""

import re
from datetime import datetime
from functools import cache
from html import unescape
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
.grid { stroke: #ccc; } .axis { stroke: #777; } .night { fill: #ececec; } .window { fill: #e4eeee; }
.baseline { stroke: #000; stroke-width: 1.5; }
.threshold { stroke: #003c44; stroke-width: 1.5; stroke-dasharray: 6 4; }
.line { fill: none; stroke: #000; stroke-width: 2; }
.dot { fill: #000; stroke: #fff; stroke-width: 1.5; } .confounded { fill: #777; }
.recalled { fill: #fff; stroke: #000; stroke-width: 2; } .medicine { fill: #5a3800; }
</style>"""


_LABEL = re.compile(r"<text([^>]*)>([^<]*)</text>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', re.IGNORECASE)


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
        if not error.message.startswith("PDF/UA"):
            raise
        # Such as a note in a script that our fonts lack: still tagged, but PDF/UA permits no empty box.
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
    """The drawing as a file of its own, with its colours; its title is its text alternative.

    Its words are set beside it, as the rest of the page: of Arabic in a drawing, the PDF would not
    know the letters.
    """
    start, _, rest = drawing["svg"].partition(">")
    alternative = rest.partition("</title>")[0].rpartition(">")[2].strip()
    labels = [_label(dict(_ATTRIBUTE.findall(told)), words) for told, words in _LABEL.findall(rest)]
    size = _SIZE.search(start)
    assert size is not None, "a curve says how large it is"
    svg = f'{start} xmlns="http://www.w3.org/2000/svg">{STYLE}{_LABEL.sub("", rest)}'
    width, height = (float(each) for each in size.groups())
    return {"svg": svg, "alt": alternative, "labels": labels, "width": width, "height": height}


def _label(told: dict[str, str], words: str) -> Json:
    return {
        "text": unescape(words),
        "x": float(told["x"]),
        "y": float(told["y"]),
        "before": {"middle": 0.5, "end": 1}.get(told.get("text-anchor", ""), 0),
        "kind": told.get("class", ""),
    }


@cache
def _fonts() -> typst.Fonts:
    """Read once; nothing of the machine's own fonts, so that the paper is the same everywhere.
    Typst's own lend the signs that Noto Sans lacks."""
    roots = [str(each.ROOT) for each in (fontpkg_noto_sans, fontpkg_noto_sans_arabic)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=roots)
