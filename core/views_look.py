"""The organisation's colour and the sign in the browser's tab."""

from pathlib import Path

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from core.web import settings

bp = Blueprint("look", __name__)


@bp.get("/brand.css")
def brand() -> ResponseReturnValue:
    """Set the brand colour; the content security policy allows no inline style."""
    css = f":root {{ --brand: {settings().brand_colour}; }}\n"
    return Response(css, mimetype="text/css")


@bp.get("/favicon.ico")
def favicon() -> ResponseReturnValue:
    """Serve our sign to browsers that ask for it unasked."""
    sign = Path(current_app.static_folder or "", "favicon.svg").read_bytes()
    return Response(sign, mimetype="image/svg+xml")
