"""Questionnaires, for staff."""

from flask import Blueprint

bp = Blueprint("questionnaires", __name__)
