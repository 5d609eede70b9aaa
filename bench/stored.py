"""Answers in bulk, made inside the database: what a GROUP BY has to read and a recount has to count."""

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

MODES = ("web", "phone")
_SERIES = {
    "sqlite": "WITH RECURSIVE given(r) AS (SELECT :low UNION ALL SELECT r + 1 FROM given WHERE r < :high) ",
    "postgresql": "WITH given(r) AS (SELECT generate_series(CAST(:low AS integer), :high)) ",
}
_DAY = {
    "sqlite": "date(:first, '+' || (r * 7919 % :days) || ' days')",
    "postgresql": "CAST(:first AS date) + (CAST(r AS bigint) * 7919 % :days)::integer",
}
# 5, 6, 12, 40 and 37 of 100 give the scores 1 to 5; a different draw for every response and item.
_SCORE = (
    "(CASE WHEN d < 5 THEN 1 WHEN d < 11 THEN 2 WHEN d < 23 THEN 3 WHEN d < 63 THEN 4 ELSE 5 END)"
)  # fmt: skip


def answer(
    session: Session, version_id: int, item_ids: list[int], strata: list[int], *,
    low: int, high: int, first: date, days: int,
) -> None:  # fmt: skip
    """Store the responses with the ids ``low`` to ``high`` and a score for every item of each."""
    kind = session.get_bind().dialect.name
    span = {"low": low, "high": high, "first": first.isoformat() if kind == "sqlite" else first, "days": days}
    places = {f"s{n}": stratum for n, stratum in enumerate(strata)}
    mode, day = "CASE WHEN r / 13 % 4 = 0 THEN 'phone' ELSE 'web' END", _DAY[kind]
    stratum = "CASE r % " + str(len(strata)) + "".join(f" WHEN {n} THEN :s{n}" for n in range(len(strata)))
    session.execute(
        text(
            "INSERT INTO responses (id, version_id, stratum_id, handler, mode, language, day, submitted_at,"
            f" revision) {_SERIES[kind]} SELECT r, :version, {stratum} END, '',"
            f" {mode}, 'zh_Hans', {day}, :now, 1 FROM given"
        ),
        span | places | {"version": version_id, "now": f"{first + timedelta(days=days)} 00:00:00"},
    )
    for place, item_id in enumerate(item_ids):
        drawn = (
            f"{_SERIES[kind]} SELECT r, :item, {_SCORE} FROM (SELECT r, {_draw(kind)} AS d FROM given) AS x"
        )
        session.execute(
            text(f"INSERT INTO answers (response_id, item_id, value) {drawn}"),
            {"low": low, "high": high, "item": item_id, "place": place},
        )


def _draw(kind: str) -> str:
    """Return the SQL of a number from 0 to 99 that depends on response and item as a coin does."""
    big = "r" if kind == "sqlite" else "CAST(r AS bigint)"
    return f"((({big} + 31 * :place) * 2654435761 % 4294967296) / 65536 % 100)"
