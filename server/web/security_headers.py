"""Headers on every answer: nothing is allowed that no page needs."""

import re
from base64 import b64encode
from functools import lru_cache
from hashlib import sha256

from flask import Flask, Response, request

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ]
)
TRUSTED_TYPES = "; require-trusted-types-for 'script'; trusted-types block-diary"
"""On the phone no text becomes script, apart from the worker's address (`register-worker.ts`)."""

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # What a person sees here is about a patient; the few files that may be kept say so themselves.
    "Cache-Control": "no-store",
}
ONE_YEAR_SECONDS = 365 * 24 * 60 * 60
TRANSPORT = {"Strict-Transport-Security": f"max-age={ONE_YEAR_SECONDS}"}


@lru_cache(maxsize=4)
def policy_of_page(page: str) -> str:
    """The policy of a built page of the phone: of what stands inside it, exactly that may run."""
    policy = CONTENT_SECURITY_POLICY + TRUSTED_TYPES
    for kind, text in _INLINE.findall(page):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        policy = policy.replace(f"{kind}-src 'self'", f"{kind}-src 'self' 'sha256-{digest}'")
    return policy


def for_static_files(*, is_https: bool) -> dict[str, str]:
    """The same for built files, which say themselves how long they may be kept."""
    headers = {name: value for name, value in HEADERS.items() if name != "Cache-Control"}
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return headers | (TRANSPORT if is_https else {})


def register(app: Flask, *, is_https: bool) -> None:
    """Add the headers to every answer of the app; a view that sets one itself keeps it."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        on_phone = request.blueprint == "phone_app"
        policy = CONTENT_SECURITY_POLICY + (TRUSTED_TYPES if on_phone else "")
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not (on_phone or request.endpoint == "static"):
            response.headers["Cache-Control"] = HEADERS["Cache-Control"]  # a library's is not read
        if is_https:
            response.headers.update(TRANSPORT)
        return response
