"""A block's page on paper: tagged, with its fonts, saying what the page says."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from server.interchange.pdf.page_content import page_content
from server.interchange.pdf.report import report_pdf

NOW = datetime(2026, 3, 2, 18, 20, 7, 123456, tzinfo=UTC)
PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><body>
<header><p>Not this</p></header>
<main>
  <div class="page-head"><h1>{title}</h1><p class="quiet">Lumbar &amp; so on.</p>
    <p class="screen-only"><a href="/x">Not that</a></p></div>
  <div class="verdict"><h2><span class="site">left</span>Met: <span class="rule">80 %</span></h2>
    <p>3 of 4 readings.</p></div>
  <figure>
    <svg class="curve wide" viewBox="0 0 960 340"><title>Scores, left</title>
      <text x="2" y="14">Score 0–10, less pain ↓</text><circle class="dot" cx="9" cy="9" r="5"/></svg>
    <svg class="curve narrow" viewBox="0 0 344 330"><title>Narrow</title></svg>
    <figcaption>The lowest was 1.</figcaption></figure>
  <section><h2>Figures</h2><dl><div><dt>Baseline</dt><dd>7 <span class="quiet">phone</span></dd></div></dl>
    <form><p>Not a form</p></form></section>
  <section><h2>Entries</h2><table><caption>Times</caption>
    <thead><tr><th>Felt</th><th>Score</th></tr></thead>
    <tbody><tr class="replaced"><th>09:00</th><td>9<span class="quiet">old</span></td></tr>
      <tr><th>09:01</th><td>{note}</td></tr></tbody></table></section>
</main>
<footer><p class="intended-use">No diagnosis.</p></footer></body></html>"""


def page(title: str = "P-1001", note: str = "1", lang: str = "en", dir: str = "ltr") -> str:
    return PAGE.format(title=title, note=note, lang=lang, dir=dir)


def printed(html: str, paper: str = "a4") -> PdfReader:
    made = report_pdf(
        html,
        title="P-1001, block 1",
        clinic="Elm Pain Clinic",
        made="Block 7.",
        paper="us-letter" if paper == "us-letter" else "a4",
        as_of=NOW,
    )
    return PdfReader(BytesIO(made))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(each.extract_text() for each in reader.pages).split())


def claims_ua(reader: PdfReader) -> bool:
    metadata = reader.root_object["/Metadata"].get_object().get_data()
    return b"pdfuaid:part>1<" in metadata


def test_what_the_page_says_is_read_in_its_order_without_what_is_for_the_screen() -> None:
    content = page_content(page())
    told = str(content)
    for left_out in ("Not this", "Not that", "Not a form"):
        assert left_out not in told
    head, verdict, figures, entries = content["sections"]
    assert [item["kind"] for item in head["items"]] == ["h1", "text"]
    assert "".join(run["text"] for run in verdict["items"][0]["runs"]) == "left Met: 80 %"
    assert [run["strong"] for run in verdict["items"][0]["runs"]] == [False, True, False]
    assert [item["kind"] for item in verdict["items"][2:]] == ["drawing", "drawing", "figcaption"]
    assert verdict["items"][2]["svg"].startswith('<svg class="curve wide" viewBox="0 0 960 340">')
    assert 'cx="9" cy="9" r="5"/>' in verdict["items"][2]["svg"]
    assert "".join(run["text"] for run in figures["items"][1]["facts"][0][1]) == "7 phone"
    table = entries["items"][1]
    assert [row["struck"] for row in table["rows"]] == [True, False]
    assert "".join(run["text"] for run in table["rows"][0]["cells"][1]) == "9 old"
    assert "".join(run["text"] for run in content["footer"]) == "No diagnosis."


@pytest.mark.parametrize(("paper", "size"), [("a4", (595, 842)), ("us-letter", (612, 792))])
def test_it_is_one_tagged_page_with_title_language_and_embedded_fonts(
    paper: str, size: tuple[int, int]
) -> None:
    reader = printed(page(), paper)
    (sheet,) = reader.pages
    assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == size
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == "en"
    assert reader.metadata is not None and reader.metadata.title == "P-1001, block 1"
    assert claims_ua(reader)
    for font in sheet["/Resources"]["/Font"].values():
        inner = font.get_object()["/DescendantFonts"][0].get_object()
        kinds = set(inner["/FontDescriptor"].get_object())
        assert kinds & {"/FontFile2", "/FontFile3"}
    told = words(reader)
    for said in ("Met:", "80 %", "7 phone", "9 old", "No diagnosis.", "Block 7."):
        assert said in told


def test_the_curve_is_drawn_as_vectors_and_has_its_words() -> None:
    reader = printed(page())
    assert list(reader.pages[0].images) == []
    assert "Score 0–10, less pain" in words(reader)
    objects = (reader.get_object(number) for number in range(1, reader.trailer["/Size"]))
    alternatives = {each.get("/Alt") for each in objects if isinstance(each, DictionaryObject)}
    assert "Scores, left" in alternatives


def test_arabic_is_set_from_right_to_left_with_its_letters_joined() -> None:
    reader = printed(page("مرحبا", "ألم", lang="ar", dir="rtl"))
    assert reader.root_object["/Lang"] == "ar"
    fonts = {
        str(font.get_object()["/BaseFont"])
        for font in reader.pages[0]["/Resources"]["/Font"].values()
    }
    assert any("NotoSansArabic" in font for font in fonts)
    assert claims_ua(reader)


def test_the_words_of_an_arabic_curve_are_set_as_letters() -> None:
    label = "الدرجة من 0 إلى 10، ألم أقل ↓"
    html = page("مرحبا", "ألم", lang="ar", dir="rtl").replace("Score 0–10, less pain ↓", label)
    reader = printed(html)
    assert claims_ua(reader)
    assert "↓" in words(reader)


def test_a_full_stop_follows_the_word_that_is_marked() -> None:
    reader = printed(page(note='no <strong class="flag">sedation</strong>. Done'))
    assert "no sedation. Done" in words(reader)


@pytest.mark.parametrize("note", ["😀 better", "痛み", '#import "x" $x$ `code` *b* \\ <tag>'])
def test_whatever_a_patient_typed_it_still_prints(note: str) -> None:
    reader = printed(page(note=note.replace("<", "&lt;")))
    assert reader.root_object["/MarkInfo"]["/Marked"]
    if note.isascii():
        assert re.sub(r"\s", "", note) in re.sub(r"\s", "", words(reader))
        assert claims_ua(reader)
    else:
        assert not claims_ua(reader)  # an empty box is shown, and PDF/UA is not claimed
