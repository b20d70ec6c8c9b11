"""From bytes to the types of `wire`, with an error that says where and what."""

import json
from typing import Any, cast

import msgspec

from server.domain.errors import Invalid
from server.web import wire

MOST_ID_CHARACTERS = 100


def decode(body: bytes, wanted: Any) -> Any:
    """The body as a value of the type `wanted`.

    :raises Invalid: it is not such a value; with the path of the fault
    """
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        path = place.removeprefix("`key` in ").strip("`").removeprefix("$").lstrip(".")
        raise Invalid(path, f"{problem}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("", f"This is not JSON that can be read ({error}).") from None


def decode_sync(body: bytes) -> wire.SyncRequest[msgspec.Raw]:
    """A sync request, its items still to be decoded, each alone.

    :raises Invalid: the request as a whole cannot be read
    """
    try:
        return cast(wire.SyncRequest[msgspec.Raw], decode(body, wire.SyncRequest[msgspec.Raw]))
    except Invalid as fault:
        if fault.path:
            raise
        return _decode_sync_leniently(body, fault)


def item_id(raw: bytes) -> str | None:
    """The id of an item as it was sent, even if the rest is wrong; None if it has none."""
    try:
        item = json.loads(raw.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    sent = item.get("id") if isinstance(item, dict) else None
    return sent if isinstance(sent, str) and len(sent) <= MOST_ID_CHARACTERS else None


def _decode_sync_leniently(body: bytes, fault: Invalid) -> wire.SyncRequest[msgspec.Raw]:
    """A text cut in the middle of an emoji, or a NaN, spoils the whole body for the strict parser,
    and the batch would wait on the phone for ever. Read by a lenient one, a half character becomes
    "?" and any other fault stays with its item."""
    try:
        request = json.loads(body)
        items = request.pop("items")
        lenient = [_dumped(item) for item in items]
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
        raise fault from None
    decoded = decode(_dumped({**request, "items": [0] * len(lenient)}), wire.SyncRequest[Any])
    return wire.SyncRequest(
        sent_at=decoded.sent_at,
        app_version=decoded.app_version,
        language=decoded.language,
        persisted=decoded.persisted,
        items=[msgspec.Raw(item) for item in lenient],
    )


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")
