"""Whatever is sent to the phone API, its answer is one that the OpenAPI document names.

The requests are made from the document: all that it allows, and what it does not.
"""

from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection

from server.storage.db import Database
from server.storage.vault import Vault
from server.web.openapi import document
from tests.builders import NOON, PUBLIC_URL, Phone, World, another_invitation, injection_done
from tests.web.clinic.conftest import SQLITE
from tests.web.test_openapi import validator
from tests.web.test_other_patients_phone import delivery_to, subscribe
from tests.web.test_stop_emails import token as stop_token

#: For each route, and beside those that the limits in the document call for.
AT_RANDOM = 25

config = SchemathesisConfig(seed=1)
# A code that was used, a link and a code at once: what no schema can say is refused with 422.
config.projects.default.checks.positive_data_acceptance.expected_statuses += ["422"]
api = schemathesis.openapi.from_dict(document(), config=config)


class Sender:
    """An enrolled phone, and what its patient's clinic knows."""

    def __init__(self, phone: Phone, world: World, database: Database, vault: Vault) -> None:
        self._phone, self._world = phone, world
        self._database, self._vault = database, vault
        self._numbers = count()
        self._ours = {"token": stop_token(database, vault, world), "block_id": str(world.block.id)}
        phone.sync(injection_done(world.block.id, NOON))
        subscribe(phone, "own")
        self._ours["delivery"] = delivery_to(database, world)

    def send(self, case: Case) -> None:
        """Send it and check its answer."""
        number = next(self._numbers)
        if number % 2 and case.meta.generation.mode is GenerationMode.POSITIVE:
            self._put_in_ours(case.body)
        is_sync = case.operation.label == "POST /api/phone/sync"
        answer = case.call_and_validate(
            PUBLIC_URL,
            app=self._phone.app,
            headers={"Origin": PUBLIC_URL},
            cookies=self._cookies(case),
            # Each from another address: none meets the limit on tries
            environ_base={"REMOTE_ADDR": f"10.0.{number >> 8}.{number & 255}"},
            # Who may do what has tests of its own; and a bad item does not spoil a sync
            excluded_checks=[ignored_auth, *([negative_data_rejection] if is_sync else [])],
        )
        if is_sync and case.method == "POST" and answer.status_code == 200:
            check_items(case.body, answer.json()["results"])
        if answer.status_code == 200 and case.operation.label == "DELETE /api/phone/device":
            assert self._phone.redeem(token=self._link()).status_code == 201

    def _cookies(self, case: Case) -> dict[str, str]:
        """None in the requests that shall have none."""
        cookie = self._phone.client.get_cookie("diary")
        assert cookie is not None
        missing = case.meta.is_negative_at(ParameterLocation.COOKIE)
        return {} if missing else {"diary": cookie.value}

    def _link(self) -> str:
        """The token of a new one, which lets a phone in."""
        return another_invitation(self._database, self._vault, self._world).token

    def _put_in_ours(self, sent: Any) -> None:
        """What nobody guesses: ids of the patient, and a link."""
        if not isinstance(sent, dict):
            return
        for key in sent.keys() & self._ours.keys():
            sent[key] = self._ours[key]
        if "consented" in sent:
            sent |= {"token": self._link(), "code": None}
        if scores := sent.get("scores"):
            sent["scores"] = {"main": next(iter(scores.values()))}
        for item in sent.get("items") or ():
            self._put_in_ours(item)


def check_items(sent: dict[str, Any], results: list[dict[str, Any]]) -> None:
    """The request as a whole fits the document, and those of its items that do not are refused."""
    judge = validator({"$ref": "#/components/schemas/SyncRequest"})
    items = sent.get("items", [])
    assert judge.is_valid(sent | {"items": []})
    assert len(results) == len(items)
    for item, result in zip(items, results, strict=True):
        assert result["outcome"] == "rejected" or judge.is_valid(sent | {"items": [item]})


@pytest.fixture
def sender(phone: Phone, world: World, database: Database, vault: Vault) -> Sender:
    return Sender(phone, world, database, vault)


@SQLITE
@api.parametrize()
@settings(
    max_examples=AT_RANDOM,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_its_answer_is_documented_and_never_a_failure(case: Case, sender: Sender) -> None:
    sender.send(case)
