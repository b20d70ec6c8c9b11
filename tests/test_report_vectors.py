"""The shared vectors: every rule of the report below, at and above its boundaries.

Each runs through the pure functions and through the command. `output` is compared as JSON values,
and the order of its keys as text.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.cli import main
from server.domain.comparison import compare
from server.domain.errors import Invalid
from server.domain.report import report
from server.domain.schedule import assessments
from server.interchange.protocol_json import read_protocol
from server.interchange.report_file import comparison_json, parse, report_json
from server.interchange.strict_json import loads

VECTORS = Path(__file__).parent / "vectors"


def vectors(name):
    found = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    assert len({vector["name"] for vector in found}) == len(found)
    return [pytest.param(vector, id=vector["name"]) for vector in found]


def file_of(value) -> bytes:
    return json.dumps(value).encode()


def test_every_rule_has_vectors():
    rules = {param.values[0]["rule"] for name in ("report", "compare") for param in vectors(name)}
    assert rules == set(range(14))


@pytest.mark.parametrize("vector", vectors("report"))
def test_report_says_what_the_rules_say(vector):
    found = report_json(report(parse(file_of(vector["input"]))))
    assert found == vector["output"]
    assert json.dumps(found) == json.dumps(vector["output"])


@pytest.mark.parametrize("vector", vectors("report"))
def test_report_command_prints_the_report(vector, tmp_path, capsys):
    (tmp_path / "diary.json").write_bytes(file_of(vector["input"]))
    assert main(["report", str(tmp_path / "diary.json")]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == vector["output"]
    assert printed.err == ""


@pytest.mark.parametrize("vector", vectors("compare"))
def test_comparison_says_what_rule_13_says(vector):
    first, second = (parse(file_of(vector[which])) for which in ("first", "second"))
    assert comparison_json(compare(first, second)) == vector["output"]
    assert compare(second, first) == compare(first, second)


@pytest.mark.parametrize("vector", vectors("compare"))
def test_compare_command_prints_the_comparison(vector, tmp_path, capsys):
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for file, which in zip(files, ("first", "second"), strict=True):
        file.write_bytes(file_of(vector[which]))
    assert main(["compare", *map(str, files)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == vector["output"]
    assert printed.err == ""


@pytest.mark.parametrize("vector", vectors("bad_input"))
def test_bad_input_is_refused_with_its_path(vector):
    with pytest.raises(Invalid) as refusal:
        parse(vector["input"].encode())
    assert refusal.value.path or vector["path"] in refusal.value.problem


@pytest.mark.parametrize("vector", vectors("bad_input"))
def test_bad_input_is_one_line_on_standard_error_and_exit_2(vector, tmp_path, capsys):
    file = tmp_path / "diary.json"
    file.write_bytes(vector["input"].encode())
    assert main(["report", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert vector["path"] in printed.err
    assert printed.err.endswith("\n")
    assert printed.err[:-1].isprintable()


@pytest.mark.parametrize("vector", vectors("schedule"))
def test_schedule_is_the_one_the_phone_computes(vector):
    protocol = read_protocol(loads(file_of(vector["protocol"])), "protocol")
    performed_at = datetime.fromisoformat(vector["performed_at"])
    found = assessments(protocol, performed_at, vector["timezone"])
    assert [each.id for each in found] == [each["id"] for each in vector["assessments"]]
    for each, expected in zip(found, vector["assessments"], strict=True):
        for key in ("due_at", "opens_at", "closes_at"):
            assert getattr(each, key) == datetime.fromisoformat(expected[key])
            assert getattr(each, key).tzinfo is UTC
        assert each.daily is expected["daily"]
