"""Signing in and out, one's own account."""

from flask import Blueprint

bp = Blueprint("auth", __name__)
