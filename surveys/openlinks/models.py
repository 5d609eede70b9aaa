"""What only open links need to remember."""

from datetime import date

from sqlalchemy import Date, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class SpentPage(Base):
    """A page of an anonymous questionnaire that was sent: pressed twice, it is one ballot.

    A named response is known again by its ``external_id``; a ballot has nothing to be known by. This says
    neither which link nor which ballot, and is forgotten when such a page is too old to be sent.
    """

    __tablename__ = "spent_pages"

    page_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    day: Mapped[date] = mapped_column(Date, index=True)
