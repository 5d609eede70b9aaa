"""Reading open links: the one behind an address, and those of a questionnaire with their figures."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from core.crypto import TOKEN_ALPHABET
from core.errors import NotFoundError
from core.settings import Settings
from surveys.models import DIMENSIONS, OpenLink, OpenLinkDay, Questionnaire, Stratum
from surveys.openlinks.lifecycle import standing

SLUG_LENGTH = 8
_BY_SLUG = (
    select(
        OpenLink.id,
        OpenLink.slug,
        OpenLink.questionnaire_id,
        Questionnaire.current_version_id,
        OpenLink.stratum_id,
        OpenLink.language,
        OpenLink.state,
        OpenLink.answer_by,
        OpenLink.daily_quota,
        func.coalesce(OpenLinkDay.n, 0),
    )
    .join(Questionnaire, Questionnaire.id == OpenLink.questionnaire_id)
    .outerjoin(
        OpenLinkDay, and_(OpenLinkDay.open_link_id == OpenLink.id, OpenLinkDay.day == bindparam("today"))
    )
    .where(OpenLink.slug == bindparam("slug"))
)


@dataclass(frozen=True, slots=True)
class PublicLink:
    """An open link as whoever opens it finds it."""

    id: int
    slug: str
    questionnaire_id: int
    version_id: int  # the questionnaire's current one
    stratum_id: int
    language: str  # "" leaves it to the browser
    state: str
    answer_by: datetime | None
    daily_quota: int | None
    taken_today: int

    def standing(self, now: datetime) -> str:
        return standing(self.state, self.answer_by, self.daily_quota, self.taken_today, now)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """An open link as staff see it."""

    link: OpenLink
    dimensions: dict[str, str]  # only those that say something
    today: int
    total: int
    standing: str


def find(session: Session, slug: str, today: date) -> PublicLink | None:
    """Return the link at an address, or None; what cannot be one never reaches the database."""
    if len(slug) != SLUG_LENGTH or not all(c in TOKEN_ALPHABET for c in slug):
        return None
    row: Any = session.connection().execute(_BY_SLUG, {"slug": slug, "today": today}).first()
    return PublicLink(*row) if row is not None and row.current_version_id is not None else None


def questionnaire(session: Session, key: str) -> Questionnaire:
    """Return a questionnaire that has a published version, or raise ``NotFoundError``."""
    wanted = select(Questionnaire).where(
        Questionnaire.key == key, Questionnaire.current_version_id.is_not(None)
    )
    found = session.scalar(wanted)
    if found is None:
        raise NotFoundError
    return found


def get(session: Session, questionnaire_id: int, link_id: int) -> OpenLink:
    """Return an open link of a questionnaire, or raise ``NotFoundError``."""
    link = session.get(OpenLink, link_id)
    if link is None or link.questionnaire_id != questionnaire_id:
        raise NotFoundError
    return link


def rows(session: Session, questionnaire_id: int, *, today: date, now: datetime) -> list[LinkRow]:
    """Return the open links of a questionnaire with their figures, those that are open first."""
    wanted = select(OpenLink).where(OpenLink.questionnaire_id == questionnaire_id)
    links = session.scalars(wanted.order_by(OpenLink.state.desc(), OpenLink.id.desc())).all()
    return [row(session, link, today=today, now=now) for link in links]


def row(session: Session, link: OpenLink, *, today: date, now: datetime) -> LinkRow:
    """Return an open link with its figures."""
    days = select(OpenLinkDay.day, OpenLinkDay.n).where(OpenLinkDay.open_link_id == link.id)
    taken = {found.day: found.n for found in session.execute(days)}
    taken_today = taken.get(today, 0)
    return LinkRow(
        link=link,
        dimensions=dimensions(session, link.stratum_id),
        today=taken_today,
        total=sum(taken.values()),
        standing=standing(link.state, link.answer_by, link.daily_quota, taken_today, now),
    )


def dimensions(session: Session, stratum_id: int) -> dict[str, str]:
    """Return what a stratum says."""
    stratum = session.get_one(Stratum, stratum_id)
    return {name: value for name in DIMENSIONS if (value := getattr(stratum, name))}


def url_of(settings: Settings, slug: str) -> str:
    """Return the full address of an open link, always on the configured host."""
    return f"{settings.public_url.rstrip('/')}/o/{slug}"
