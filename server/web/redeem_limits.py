"""How often a link or a code may be tried: a code is short, so guessing it must be slow.

Only failures count. They are counted in the memory of each serving process: with several of them,
so many times as often. Source: OWASP ASVS 5.0, 6.6.3 and 6.5.5; `server.domain.enrolment`.
"""

import json

from flask import Response, request
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from server.web import languages
from server.web.refusals import answer
from server.words.catalogues import t

PER_ADDRESS = "10/minute;100/hour"
#: Of typed codes from all addresses: at this rate one in 10,000,000 guesses a day is made.
CODES_FROM_EVERYWHERE = "60/minute;600/hour"

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://", strategy="moving-window")


def failed(response: Response) -> bool:
    return response.status_code != 201


def is_not_a_code() -> bool:
    """A link's token has 128 bits: nobody guesses it, and nobody can keep others from using it.

    Whatever cannot be read counts as a code.
    """
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and body.get("code") is None


def too_many(_limit: RequestLimit) -> Response:
    return answer(
        429,
        "too_many_tries",
        t(
            languages.asked_for(request),
            "There were too many tries. Wait a few minutes, then try again, or scan the sheet."
            " If it still fails, call your clinic.",
        ),
    )


per_address = limiter.limit(PER_ADDRESS, deduct_when=failed, on_breach=too_many)
codes_from_everywhere = limiter.shared_limit(
    CODES_FROM_EVERYWHERE,
    scope="codes",
    key_func=lambda: "everywhere",
    exempt_when=is_not_a_code,
    deduct_when=failed,
    on_breach=too_many,
)
