"""The first page of everyone: what is due, late, held, asked of me."""

from flask import Blueprint

bp = Blueprint("today", __name__)
