"""`block-diary report` and `compare` as a person runs them: real processes, real files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.cli import main

ROOT = Path(__file__).parents[1]
DIARY = ROOT / "examples" / "cilwa.json"
COMMAND = (sys.executable, "-m", "server.cli")


def run(*arguments, **options):
    options = {"capture_output": True, "cwd": ROOT, "timeout": 60, **options}
    return subprocess.run((*COMMAND, *map(os.fspath, arguments)), **options)


def diary(**changes):
    return json.dumps({**json.loads(DIARY.read_text("utf-8")), **changes}).encode()


def refused(done, *parts):
    assert done.returncode == 2
    assert done.stdout == b""
    line = done.stderr.decode()
    assert line.count("\n") == 1 and line.endswith("\n")
    for part in parts:
        assert part in line


def test_report_of_a_file_and_of_standard_input_are_the_same():
    of_file = run("report", DIARY)
    of_input = run("report", "-", input=DIARY.read_bytes())
    assert of_file.returncode == of_input.returncode == 0
    assert of_file.stdout == of_input.stdout
    assert of_file.stderr == of_input.stderr == b""


def test_the_published_diary_says_what_was_written_down():
    found = json.loads(run("report", DIARY).stdout)
    back = found["sites"]["back"]
    assert back["verdict"] == "undetermined"
    assert back["reason"] == "baseline_missing"
    assert [each["score"] for each in back["readings"]] == [5, 4, 5, 5, 3, 0, 0, 6]
    assert back["peak"] == {"score": 0, "relief_percent": None, "minutes": 360, "readings": 7}
    assert found["compliance"]["missed"] > 0  # the blank hour is not a zero


def test_bad_input_through_a_process_is_one_line_and_exit_2(tmp_path):
    (tmp_path / "bad.json").write_bytes(diary(baseline={"back": 11}))
    refused(run("report", tmp_path / "bad.json"), "baseline.back: 11 is not a whole number")
    refused(run("report", "-", input=b""), "not JSON")


def test_compare_begins_a_fault_with_the_file_that_has_it(tmp_path):
    (tmp_path / "bad.json").write_bytes(diary(as_of=None))
    there = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": os.fspath(ROOT)}}
    refused(run("compare", DIARY, "bad.json", **there), "bad.json: as_of")
    refused(run("compare", "bad.json", DIARY, **there), "bad.json: as_of")


def test_compare_reads_one_of_two_from_standard_input():
    from_input = run("compare", "-", DIARY, input=DIARY.read_bytes())
    assert from_input.returncode == 0
    assert json.loads(from_input.stdout) == {
        "sites": {"back": {"comparison": "not_comparable", "reason": "too_close"}}
    }
    refused(run("compare", "-", "-", input=DIARY.read_bytes()), "-: ", "not JSON")


def test_the_file_in_the_documentation_is_read():
    described = (ROOT / "docs" / "report.md").read_text("utf-8")
    example = described.split("```json\n")[1].split("```")[0]
    found = json.loads(run("report", "-", input=example.encode()).stdout)
    assert found["sites"]["left"]["onset_minutes"] == [0, 60]
    assert found["sites"]["right"]["reason"] == "baseline_missing"


def test_control_characters_in_a_file_name_are_escaped(tmp_path):
    file = tmp_path / "a\n\x1b[31mb.json"
    file.write_bytes(b"{}")
    refused(run("compare", file, DIARY), "a\\n\\x1b[31mb.json: block: is missing")


def test_a_file_name_that_is_not_text_is_named_in_the_error(tmp_path):
    name = os.fsencode(tmp_path) + b"/\xff.json"
    done = subprocess.run((*COMMAND, "report", name), capture_output=True, cwd=ROOT, timeout=60)
    refused(done, "\\udcff.json")


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_refused(name):
    refused(run("report", name), name, "cannot be read")
    refused(run("compare", DIARY, name), f"{name}: ", "cannot be read")


def test_closed_standard_input_is_refused():
    done = subprocess.run(
        ("sh", "-c", 'exec "$@" <&-', "sh", *COMMAND, "report", "-"),
        capture_output=True,
        cwd=ROOT,
        timeout=60,
    )
    refused(done, "standard input is closed")


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    done = run("report", DIARY, stdout=writing, stderr=subprocess.PIPE, capture_output=False)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_in_one_line():
    with Path("/dev/full").open("wb") as full:
        done = run("report", DIARY, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert b"cannot be written" in done.stderr


def test_what_the_terminal_cannot_write_is_escaped_and_still_json(tmp_path):
    names = {"л\ud800": None, "ö": 5}
    (tmp_path / "d.json").write_bytes(diary(baseline=names, entries=[]))
    for encoding in ("utf-8", "ascii"):
        done = run(
            "report",
            tmp_path / "d.json",
            env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": os.fspath(ROOT)},
        )
        assert done.returncode == 0
        assert list(json.loads(done.stdout)["sites"]) == list(names)


def test_letters_are_written_as_they_are_where_the_terminal_has_them(tmp_path):
    (tmp_path / "d.json").write_bytes(diary(baseline={"Rücken": 5}, entries=[]))
    done = run("report", tmp_path / "d.json", env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    assert "Rücken" in done.stdout.decode()


def test_report_needs_no_web_framework_and_no_database():
    script = (
        "import sys; from server.cli import main; code = main(['report', sys.argv[1]]);"
        "loaded = {name.split('.')[0] for name in sys.modules};"
        "sys.exit(code or bool(loaded & {'flask', 'sqlalchemy', 'msgspec', 'pydantic'}))"
    )
    done = subprocess.run((sys.executable, "-c", script, DIARY), cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_a_usage_fault_exits_2(capsys):
    for arguments in ([], ["report"], ["compare", "one.json"], ["unknown"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
        assert capsys.readouterr().out == ""
