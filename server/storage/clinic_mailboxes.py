"""Patients' e-mail addresses in a clinic's file: sealed here, in clear on the way, sealed there anew.

The rest of what a mailbox is made of stays: its token would stop e-mails at the old address.
"""

import secrets
from typing import Any

from server.domain.email import is_one_address
from server.domain.errors import Invalid
from server.storage.email_reminders import Mailbox
from server.storage.models import Subscription
from server.storage.vault import SealBroken, Vault

TABLE = Subscription.__tablename__
#: Stands in the file beside the table's columns.
ADDRESS = "email_address"

Row = dict[str, Any]


def opened(vault: Vault, row: Row, sealed: str) -> str | None:
    """The address of a subscription; None: it is a browser's, or nobody can read it any more."""
    if row["email_of"] is None:
        return None
    try:
        return Mailbox.from_json(vault.open(sealed)).address
    except SealBroken:
        return None


def close(vault: Vault, row: Row, address: object) -> None:
    """Seal an address that comes in, with a token of its own.

    :raises Invalid: it is not one address
    """
    if address is None:
        return
    if row["email_of"] is None or not isinstance(address, str) or not is_one_address(address):
        raise Invalid(ADDRESS, "is not a patient's e-mail address")
    mailbox = Mailbox(address, secrets.token_urlsafe())
    row["sealed"] = vault.seal(mailbox.to_json())
    row["endpoint_hash"] = vault.hash("stop", mailbox.stop_token)
