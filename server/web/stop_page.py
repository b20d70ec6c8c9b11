"""The page behind the link in every e-mail reminder: one button stops them."""

from flask import Blueprint, render_template

blueprint = Blueprint("stop_page", __name__)


@blueprint.get("/stop")
def stop() -> str:
    """The same page for everybody: whose e-mails they are stands behind `#`, which browsers do
    not send. Nothing happens before the button is pressed."""
    return render_template("stop.html")
