"""Users, audit trail, settings and calendar, for administrators and auditors."""

from flask import Blueprint

bp = Blueprint("admin", __name__)
