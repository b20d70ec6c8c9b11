"""A webhook: tells another system that there is a report, and proves who says so.

It carries ids and addresses and nothing about a patient's health: whoever wants the report reads it
by the FHIR API, with a token.
"""

import hashlib
import hmac
import json
from datetime import datetime
from uuid import UUID, uuid5

from server.domain.dossier import Dossier
from server.interchange.fhir.elements import made_id, stamp

SIGNATURE = "Block-Diary-Signature"


def message(of: Dossier, base: str, version: str, *, is_first: bool) -> bytes:
    """What is sent, in JSON; `id` is the same each time that one version is sent.

    :param base: the address of the FHIR API
    :param version: of the report, see `fhir.transaction.version`
    :param is_first: False if an earlier version was taken
    """
    said = {
        "id": str(message_id(of, version)),
        "type": "report.finished" if is_first else "report.changed",
        "sent_at": stamp(of.as_of),
        "clinic": str(of.details.clinic_id),
        "patient": f"{base}/Patient/{of.details.patient_id}",
        "block": f"{base}/Procedure/{of.details.id}",
        "report": f"{base}/DiagnosticReport/{made_id(of.details.id, 'report')}",
    }
    return json.dumps(said).encode()


def message_id(of: Dossier, version: str) -> UUID:
    """Tells a repeated message from a new one."""
    return uuid5(of.details.id, version)


def signature(secret: str, body: bytes, now: datetime) -> str:
    """The value of the header: when it was signed (Unix seconds), and HMAC-SHA256 in hexadecimal
    over that time, a full stop and the body."""
    at = int(now.timestamp())
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
