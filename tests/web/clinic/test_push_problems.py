"""Why a report was not taken, as an administrator reads it."""

from server.web.clinic.push_problems import _REPORTS, words_of


def test_every_problem_has_words_that_say_what_to_do_or_what_happened() -> None:
    for problem, words in _REPORTS.items():
        assert words_of(problem) == words and words.endswith(".")
    assert words_of("status_401") == "It answered 401: it does not accept the credential."
    assert words_of("status_502") == "It answered 502."
