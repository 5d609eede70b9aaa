"""The moment table: what correlations, reliability and regression need of a month of answers."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Moments(Base):
    """Sums of scores and of their products over the answers of one version, month and mode.

    ``changes`` is the state of the tally's month at which they were added up: where it has moved on, they
    are out of date and are added up anew.
    """

    __tablename__ = "moments"

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id"), primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(Date, primary_key=True)  # its first day
    mode: Mapped[str] = mapped_column(String(8), primary_key=True)
    changes: Mapped[int] = mapped_column(Integer)
    n: Mapped[int]  # responses with at least one score
    # {"items": [item ids], "counts": […], "sums": […], "products": […]}, see keeping.py
    sums: Mapped[dict[str, Any]] = mapped_column(JSON)
