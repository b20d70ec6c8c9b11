"""The page behind the link in every e-mail reminder: one button stops them."""

from flask import Blueprint, render_template, request

from server.web import languages
from server.web.clinic import patient_words
from server.words.catalogues import language

blueprint = Blueprint("stop_page", __name__)


@blueprint.get("/stop")
def stop() -> str:
    """The same page for everybody, in the browser's language: whose e-mails they are stands
    behind `#`, which browsers do not send. Nothing happens before the button is pressed."""
    code = languages.asked_for(request)
    return render_template(
        "patient/stop.html", language=language(code), t=patient_words.speaker(code)
    )
