"""Why a report or a reminder was not taken, as staff read it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import server
from server.web.clinic.push_problems import _REMINDERS, _REPORTS, failure_name, words_of

SERVER = Path(server.__file__).parent
JUDGES = [*SERVER.glob("push/*.py"), SERVER / "domain/reminders.py", SERVER / "domain/email.py"]


def reasons() -> Iterator[str]:
    """Every word that the code of the senders gives for a message that was not taken."""
    for path in JUDGES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            given = [each.value for each in call.keywords if each.arg == "problem"]
            given += {"Unsendable": call.args, "Judgement": call.args[1:]}.get(call.func.id, [])
            for value in given:
                if not isinstance(value, ast.JoinedStr):
                    for part in ast.walk(value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield part.value


def test_every_problem_has_words_that_say_what_to_do_or_what_happened() -> None:
    for problem, words in _REPORTS.items():
        assert words_of(problem) == words and words.endswith(".")
    assert words_of("status_401") == "It answered 401: it does not accept the credential."
    assert words_of("status_502") == "It answered 502."


@pytest.mark.parametrize(
    "reason",
    sorted({*reasons(), "connect_refused", "sign_in_refused", "sender_refused"}),
)
def test_every_reason_of_a_reminder_has_words_of_its_own(reason: str) -> None:
    assert reason in _REMINDERS


def test_another_answer_is_said_by_its_number() -> None:
    with Flask("here").test_request_context():
        assert failure_name("status_400") == "answer 400"
