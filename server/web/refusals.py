"""Refusals of the API that are about the request or who sends it, in the one shape of errors."""

from typing import NoReturn

from flask import Response, jsonify, make_response
from werkzeug.exceptions import HTTPException


def answer(status: int, code: str, message: str) -> Response:
    """An error with its stable code and words for a person."""
    return make_response(jsonify(error={"code": code, "message": message}), status)


def refuse(status: int, code: str, message: str) -> NoReturn:
    """End the request with this error."""
    raise HTTPException(response=answer(status, code, message))
