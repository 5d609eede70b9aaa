"""The four kinds of file: each writes the same blocks, and the same report gives the same bytes.

The libraries behind them are loaded when a file is asked for.
"""

from collections.abc import Callable
from datetime import datetime
from importlib import import_module

from analysis.reports.blocks import Report

KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "html": "text/html; charset=utf-8",
}


def write(report: Report, kind: str, *, now: datetime) -> bytes:
    """Return a report as a file of one of `KINDS`; ``now`` is the date that the file bears."""
    writer: Callable[..., bytes] = import_module(f"analysis.reports.writers.{kind}").write
    return writer(report, now=now)
