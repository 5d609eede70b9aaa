"""Which processes tick, and when each last did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UtcTime


class Heartbeat(Base):
    """The last sign of life of one process that ticks, and what its last round took."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)  # host:pid:start
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    beat_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    round_seconds: Mapped[float] = mapped_column(default=0.0)
    jobs: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
