"""What a person or a program is told when a request fails: one shape, and never a traceback."""

from http import HTTPStatus

from flask import Flask, Response, current_app, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from server.domain.errors import Conflict, DomainError, Invalid, NotFound
from server.web import languages
from server.web.fhir import outcomes
from server.web.speech import N, said
from server.words.catalogues import t

MESSAGES = {
    400: N("The request could not be read. Nothing was changed."),
    401: N("Sign in first."),
    403: N("This is not allowed here."),
    404: N("There is nothing at this address."),
    405: N("This address does not take such a request."),
    413: N("The request is larger than 1 MB. Send less at once."),
    415: N("Send this as application/json."),
    429: N("Too many requests. Wait a little, then try again."),
    500: N("Something went wrong on the server and was recorded. Try again later."),
}


def register(app: Flask) -> None:
    """Answer every failure of the app in its one shape."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(HTTPException, _http_error)


def status_of(error: DomainError) -> int:
    """The HTTP status that says the same as a domain error."""
    match error:
        case NotFound():
            return 404
        case Conflict():
            return 409
        case _:
            return 422


def _refused(error: DomainError) -> Response:
    path = error.path if isinstance(error, Invalid) else None
    to_patient = t(languages.asked_for(request), error.words, error.values)
    message = said(error) if _is_for_staff() else to_patient
    status = status_of(error)
    return _answer(status, error.code, message or MESSAGES.get(status, ""), path)


def _is_for_staff() -> bool:
    """Is it a page of the clinic, whose reader may have chosen a language?"""
    return f"{request.path}/".startswith("/clinic/")


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    code = HTTPStatus(status).name.lower()
    response = _answer(status, code, MESSAGES.get(status) or HTTPStatus(status).phrase)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _answer(status: int, code: str, message: str, path: str | None = None) -> Response:
    if request.path.startswith("/fhir"):
        return outcomes.answer(status, outcomes.ISSUES.get(status, "processing"), message)
    if not request.path.startswith("/api/"):
        return make_response(_page(status, message, path), status)
    body = {"code": code, "message": message} | ({"path": path} if path else {})
    return make_response(jsonify(error=body), status)


def _page(status: int, message: str, path: str | None) -> str:
    """Rendered without who is signed in, since reading that may be what failed."""
    home = "/clinic/" if _is_for_staff() else "/"
    template = current_app.jinja_env.get_template("error.html")
    return template.render(status=status, message=message, path=path, home=home)
