"""The seal that ties each row of a clinic's audit trail to the one before it.

It shows that rows were changed, left out, added or put in another order. It does not stop somebody
who may write to the database and computes every later seal anew: against that, note the last seal
elsewhere (`block-diary verify-audit` prints it and takes it back).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

#: What stands before the first row.
START = "0" * 64


def seal(
    before: str,
    *,
    clinic_id: str,
    number: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    details: Mapping[str, Any],
    address: str | None,
) -> str:
    """SHA-256 in hexadecimal of one row and the seal before it. Never change how it is computed:
    the rows that exist are sealed like this.

    :param clinic_id: in the form 8-4-4-4-12
    :param at: aware; to the microsecond
    """
    row = [before, clinic_id, number, at.astimezone(UTC).isoformat(timespec="microseconds")]
    row += [actor, action, subject, dict(details), address]
    text = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()
