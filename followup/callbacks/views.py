"""The callback desk."""

from flask import Blueprint

bp = Blueprint("callbacks", __name__)
