"""Messages are found in the sources as they stand, and no words for a person stand anywhere else."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pwa import build, messages, words


def found(source: str) -> list[tuple[str, str | None]]:
    return [(each.text, each.other) for each in messages.messages(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("t('Save')", [("Save", None)]),
        ('t("Save")', [("Save", None)]),
        ("t( 'Save' , { a })", [("Save", None)]),
        ("t(\n  'Save',\n)", [("Save", None)]),
        (r"t('It\'s')", [("It's", None)]),
        (r"t('One\ntwo')", [("One\ntwo", None)]),
        ("<p>{t('Save')}</p>", [("Save", None)]),
        ("`${t('One')} ${t('Two')}`", [("One", None), ("Two", None)]),
        ("tn('{count} day', '{count} days', days)", [("{count} day", "{count} days")]),
        ("tn(\n '{count} day',\n '{count} days',\n days)", [("{count} day", "{count} days")]),
        ("a ? t('Yes') : t('No')", [("Yes", None), ("No", None)]),
        ("// t('comment')\n/* t('comment') */ t('Save')", [("Save", None)]),
        ("const url = 'https://x/'; t('Save')", [("Save", None)]),
        ("'t(\\'Not a call\\')'", []),
        ("start('x'); it('y'); list.t('z'); $t('a')", []),
        ("export function t(message: string) {}", []),
        ("t('Brackets (and , commas)')", [("Brackets (and , commas)", None)]),
    ],
)
def test_a_message_is_found(source: str, expected: list[tuple[str, str | None]]) -> None:
    assert found(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "t(message)",
        "t('One' + two)",
        "t(`Back-ticks`)",
        "t(`with ${value}`)",
        "t(yes ? 'Yes' : 'No')",
        "tn('{count} day', days)",
        "tn('{count} day', many, days)",
        "t(\n  reason,\n)",
    ],
)
def test_text_put_together_is_refused_with_its_line(source: str) -> None:
    with pytest.raises(messages.NoMessage, match="line 2: "):
        found(f"\n{source}")


def test_numbers_take_the_place_of_messages_and_of_nothing_else() -> None:
    source = "// t('Save')\nconst a = 'Save';\ntn('{count} day', '{count} days', n) + t('Save', { a });\n"
    assert messages.numbered(source, {"Save": 1, "{count} day": 0}) == (
        "// t('Save')\nconst a = 'Save';\ntn(0, 0, n) + t(1, { a });\n"
    )


def test_the_built_script_holds_no_message() -> None:
    script = next(build.BUILT.glob("app.*.js")).read_text(encoding="utf-8")
    texts = messages.texts(messages.app_sources())
    assert len(texts) > 200
    assert [text for text in texts if len(text) > 20 and text in script] == []


STRING = re.compile(r"""(?<![\w])(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)""")
#: Words as a person reads them: a capital and small letters, or several words with a space.
WORDS = re.compile(r"^\W*[A-Z][a-z]+[ .,:?!…]|^\W*[A-Z][a-z]{2,}\W*$|[a-z]{2,} [a-z]{2,} [a-z]{2,}")
#: Where such a string is none: names of classes, keys and errors for a programmer.
NOT_SAID = re.compile(
    r"(class|className|viewBox|d|type|key|role|autocapitalize|placeholder)\s*[:=]\s*\(?$"
    r"|Error\($|super\($|Failure\([^)]*$|\bcase $|=== $|\.includes\($|headers = \{\s*$|querySelector\w*\($|\bsecond\($"
)
#: Names of things, not words.
NAMES = {
    "Etc/UTC", "AbortError", "TimeoutError", "VersionError", "QuotaExceededError", "Content-Type",
    "Accept-Language", "Macintosh", "or from memory", "Notification", "PushManager", "English",
    "Samsung", "Xiaomi, Redmi, POCO", "Huawei, Honor",
    "Instagram", "Messenger", "Facebook", "Google", "Snapchat",
}  # fmt: skip


def hard_coded(source: str) -> list[str]:
    """Literal text for a person in a TSX or TypeScript source, outside of t() and tn()."""
    plain = subprocess.run(
        [
            *(str(build.esbuild()), "--loader=tsx", "--jsx=transform", "--jsx-factory=h"),
            *("--charset=utf8", "--jsx-fragment=h", "--log-level=error"),
        ],
        input=source,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    ).stdout
    plain = re.sub(r"^import .*$", "", plain, flags=re.MULTILINE)
    spans = [span for each in messages.messages(plain) for span in each.spans]
    faults = []
    for literal in STRING.finditer(plain):
        text = re.sub(r"\$\{[^}]*\}", "", literal[0][1:-1])
        in_call = any(start <= literal.start() < end for start, end in spans)
        before = plain[max(0, literal.start() - 60) : literal.start()]
        if WORDS.search(text) and not in_call and text not in NAMES and not NOT_SAID.search(before):
            faults.append(text)
    return faults


def test_no_words_are_hard_coded_on_the_phone() -> None:
    faults = {
        path.relative_to(messages.SOURCES).as_posix(): hard_coded(path.read_text(encoding="utf-8"))
        for path in messages.all_sources()
    }
    assert {name: texts for name, texts in faults.items() if texts} == {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Some words</p>",
        "<p>Saved</p>",
        "<p>{t('One')} Two words</p>",
        "<button aria-label='Close it now'>{x}</button>",
        '<p title="Help me">x</p>',
        "<p>{ok ? 'All is well' : t('No')}</p>",
        "const words = 'This is said.';",
        "announce(`Saved at ${time}`);",
    ],
)
def test_words_outside_of_a_message_are_noticed(source: str) -> None:
    assert len(hard_coded(f"const shown = {source}" if source.startswith("<") else source)) == 1


class Literals(HTMLParser):
    """Text and spoken attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self._add(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("aria-label", "alt", "title", "placeholder"):
                self._add(value or "")

    def _add(self, text: str) -> None:
        if re.search(r"[^\W\d_]", text):
            self.found.append(text.strip())


def literals(template: str) -> list[str]:
    parser = Literals()
    parser.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template, flags=re.DOTALL))
    return parser.found


@pytest.mark.parametrize("path", sorted(words.TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_words_are_hard_coded_on_paper(path: Path) -> None:
    assert literals(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "template", ["<p>Words</p>", "<p>{{ t('One') }} two</p>", '<i aria-label="Words">{{ x }}</i>']
)
def test_words_in_a_template_are_noticed(template: str) -> None:
    assert len(literals(template)) == 1
