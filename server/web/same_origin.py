"""The phone API answers our own pages and worker alone, and takes JSON alone (CSRF).

The cookie is SameSite=Strict and JSON from another site would need a preflight that nobody answers;
this check holds even where a browser gets one of the two wrong. Source: OWASP ASVS 5.0, 3.5.
"""

from flask import request

from server.config import Config
from server.web.refusals import refuse

READING = {"GET", "HEAD", "OPTIONS"}


def check(config: Config) -> None:
    """End the request with 403 unless a page of ours sent it, with 415 unless it is JSON."""
    if request.method in READING:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    ours = {config.public_url, request.host_url.rstrip("/")}
    if (origin is None and site is None) or (
        (origin is not None and origin not in ours) or (site is not None and site != "same-origin")
    ):
        refuse(
            403,
            "cross_site",
            "This request does not come from the diary itself. Open the diary at"
            f" {config.public_url} and try again. A program must send the header"
            f" Origin: {config.public_url}.",
        )
    if request.method != "DELETE" and request.mimetype != "application/json":
        refuse(415, "unsupported_media_type", "Send this as application/json.")
