"""Audiences that only the register of cases knows, for surveys/campaigns/audiences.py."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.i18n import _l
from followup.cases.labels import KIND
from followup.models import Case
from surveys.campaigns.audiences import Option, Provider, register
from surveys.models import DIMENSIONS

FILTERS = {"kinds": Case.kind, "service_types": Case.service_type, "districts": Case.district}
DAYS = 90


def _kinds() -> dict[str, str]:
    return {code: str(said) for code, said in KIND.items()}


def closed_lately(
    session: Session, options: Mapping[str, Any], now: datetime
) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Return the customers whose case was closed in the last days, with what their latest case was about."""
    since = now - timedelta(days=int(options.get("days") or DAYS))
    wanted = select(Case.contact_id, *(getattr(Case, name) for name in DIMENSIONS)).where(
        Case.closed_at >= since, Case.state == "closed", Case.contact_id.is_not(None)
    )
    for name, column in FILTERS.items():
        if options.get(name):
            wanted = wanted.where(column.in_(list(options[name])))
    rows = session.execute(wanted.order_by(Case.closed_at, Case.id))
    return {row[0]: tuple(row[1:]) for row in rows}.items()


register(
    Provider(
        key="closed_cases",
        label=_l("Customers whose case was closed lately"),
        options=(
            Option("days", _l("Closed in the last days"), "days"),
            Option("kinds", _l("Kind of case"), choices=_kinds),
            Option("service_types", _l("Services")),
            Option("districts", _l("Districts")),
        ),
        find=closed_lately,
    )
)
