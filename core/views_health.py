"""Whether this process and its database work."""

from flask import Blueprint

bp = Blueprint("health", __name__)
