"""The phone app's shell, worker and manifest: their names stay while their content changes."""

from hashlib import sha256

from flask import Blueprint, Response, request

from server.config import StartRefused
from server.web import security_headers
from server.web.assets import BUILT

blueprint = Blueprint("phone_app", __name__)


def check_built() -> None:
    """:raises StartRefused: the files of the phone app are not there"""
    if not (BUILT / "sw.js").is_file():
        raise StartRefused("The phone app is not built: run python pwa/build.py")


@blueprint.get("/")
@blueprint.get("/e")
def shell() -> Response:
    """The one page of the app. An enrolment link is `/e#TOKEN`; its token is not sent here."""
    response = _built("index.html", "text/html")
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    response.headers["Content-Security-Policy"] = security_headers.policy_of_page(page)
    return response


@blueprint.get("/sw.js")
def worker() -> Response:
    return _built("sw.js", "text/javascript")


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    return _built("manifest.webmanifest", "application/manifest+json")


def _built(name: str, mimetype: str) -> Response:
    """A built file that is checked on every use.

    Its tag is a hash of the content. Flask's own is made of time and size, and a new shell differs
    from the old one only in eight characters: packers that reset times would keep it for ever.
    """
    file = BUILT / name
    compressed = BUILT / f"{name}.br"
    is_compressed = request.accept_encodings["br"] > 0 and compressed.is_file()
    content = (compressed if is_compressed else file).read_bytes()
    response = Response(content, mimetype=mimetype)
    if is_compressed:
        response.content_encoding = "br"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(sha256(content).hexdigest())
    response.make_conditional(request)
    return response
