"""Enrolling from a list: every line or none, and each mistake named where it stands."""

import io
import re
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.interchange.enrolment_list import MOST_ROWS
from server.storage.models import Block
from tests.web.clinic.conftest import SQLITE, World, enrolment

HEADER = "reference,region,side,levels,agent"
ONE = "RP-1,lumbar,left,L4/5,bupivacaine"


def send(world: World, *lines: str, encoding: str = "utf-8", end: str = "\n") -> TestResponse:
    content = end.join(lines).encode(encoding)
    data: dict[str, Any] = {"list": (io.BytesIO(content), "patients.csv")}
    return world.nurse.post("/clinic/enrol/list", data)


def words(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def on_board(world: World) -> str:
    return world.nurse.get("/clinic/").text


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_line_becomes_a_planned_block(world: World, separator: str, end: str) -> None:
    lines = [
        "\ufeff" + "Agent,levels,SIDE,region,reference,sites",
        'lidocaine,"L4/5, L5/S1",Both,lumbar,RP-1,"hip, leg"',
        ",,,,,",
        "ropivacaine,C4/5,right,cervical,RP-2,",
    ]
    lines = [re.sub(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', separator, line) for line in lines]
    answer = send(world, *lines, end=end)
    assert answer.status_code == 200
    assert "2 patients were enrolled." in words(answer)
    assert "Sheet for RP-1" in answer.text and "Sheet for RP-2" in answer.text
    board = on_board(world)
    assert "RP-1" in board and "RP-2" in board and "L4/5, L5/S1" in board


@SQLITE
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "RP-2,hip,left,L4/5,lidocaine",
            "Line 3, RP-2 , region: Write one of these: cervical; thoracic; lumbar.",
        ),
        (
            "RP-2,lumbar,up,L4/5,lidocaine",
            "Line 3, RP-2 , side: Write one of these: left; right; both.",
        ),
        ("RP-2,lumbar,left,,lidocaine", "Line 3, RP-2 , levels: Type the levels"),
        ("RP-2,lumbar,left,L4/5,saline", "Line 3, RP-2 , agent: Write one of these: lidocaine;"),
        (",lumbar,left,L4/5,lidocaine", "Line 3, reference: Type the patient’s reference"),
        ("RP-1,lumbar,left,L4/5,lidocaine", "Line 3, RP-1 , known: This reference is taken."),
    ],
)
def test_a_wrong_line_is_named_and_nobody_is_enrolled(world: World, line: str, said: str) -> None:
    answer = send(world, HEADER, ONE, line)
    assert answer.status_code == 422
    assert "Nobody was enrolled. One cell needs a change" in words(answer)
    assert said in words(answer)
    assert "RP-1" not in on_board(world)


@SQLITE
def test_all_that_is_wrong_is_said_at_once(world: World) -> None:
    answer = send(world, f"{HEADER},number,timezone,protocol", f"{ONE},0,Atlantis,none")
    assert "3 cells need a change" in words(answer)
    for column in ("number", "timezone", "protocol"):
        assert f"Line 2, RP-1 , {column}: " in words(answer)
    assert "protocol: Write one of these: standard." in words(answer)


def test_a_patient_who_is_enrolled_gets_the_block_only_if_it_is_said(world: World) -> None:
    world.nurse.enrol(**enrolment(reference="RP-1", protocol=world.protocol_id()))
    assert "This reference is taken" in words(send(world, HEADER, ONE))
    answer = send(world, f"{HEADER},known,number", f"{ONE},yes,2")
    assert "One patient was enrolled." in words(answer)
    assert on_board(world).count("RP-1") >= 2


@SQLITE
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "Line 1 lacks the column “reference”."),
        ([HEADER], "The file has no line under its header."),
        (["reference,region"], "Line 1 lacks the column “side”."),
        ([f"{HEADER},name"], "Line 1 has an unknown column “name”"),
        ([f"{HEADER},side"], "Line 1 has the column “side” twice."),
        ([HEADER, ONE, '"open'], "Line 3 cannot be read as CSV"),
        ([HEADER, *[ONE] * (MOST_ROWS + 1)], f"send at most {MOST_ROWS} at once"),
    ],
)
def test_a_file_that_is_no_list_is_refused(world: World, lines: list[str], said: str) -> None:
    answer = send(world, *lines)
    assert answer.status_code == 422
    assert said in words(answer)


@SQLITE
def test_another_encoding_is_refused_with_the_way_out(world: World) -> None:
    answer = send(world, HEADER, ONE.replace("RP", "Ä"), encoding="latin-1")
    assert "The file is not UTF-8: save it as “CSV UTF-8”." in words(answer)


@SQLITE
def test_no_file_at_all_is_told(world: World) -> None:
    answer = world.nurse.post("/clinic/enrol/list", {})
    assert answer.status_code == 422
    assert "Nobody was enrolled." in words(answer)


def test_the_example_is_a_list_that_is_taken(world: World) -> None:
    example = world.nurse.get("/clinic/enrol/list/example.csv")
    assert example.mimetype == "text/csv"
    assert "One patient was enrolled." in words(send(world, example.text))


def test_a_list_says_concentration_steroid_and_sedation_or_leaves_them_open(world: World) -> None:
    header = f"{HEADER},concentration,steroid,sedation"
    answer = send(world, header, f"{ONE},0.5,No,y", "RP-2,lumbar,left,L4/5,lidocaine,,,")
    assert answer.status_code == 200
    with world.database.reading() as session:
        found = {
            block.agent: (block.concentration_percent, block.steroid, block.sedation)
            for block in session.query(Block)
        }
    assert found == {"bupivacaine": (0.5, False, True), "lidocaine": (None, None, None)}
    wrong = words(send(world, header, "RP-3,lumbar,left,L4/5,lidocaine,lots,maybe,"))
    assert "concentration: Type a number such as 0.5" in wrong
    assert "steroid: Write yes or no, or leave it empty." in wrong
