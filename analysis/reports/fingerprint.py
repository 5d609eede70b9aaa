"""The fingerprint of a report: a hash of the counts its figures rest on, and of the rules they follow.

The same data give the same fingerprint, on any database with the same key; one that differs says where.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from analysis import cube
from analysis.asking import Asked
from analysis.periods import Period
from analysis.queries import Thresholds
from core.db import vault_of
from surveys import tallies
from surveys.queries import LoadedVersion
from surveys.tallies import MODE

FIGURES = "1"  # raised when a formula changes, so that other figures from the same counts are explained
PARTS = ("before", "after", "questionnaire", "rules")


def fingerprint(
    session: Session, asked: Asked, versions: Sequence[LoadedVersion], thresholds: Thresholds
) -> dict[str, str]:
    """Return a hash for each of `PARTS`.

    Parameters
    ----------
    session : Session
    asked : Asked
        The counts are read in every dimension that it filters by, breaks down by or holds constant.
    versions : sequence of LoadedVersion
        All versions of the questionnaire: their wording and scales belong to the figures.
    thresholds : Thresholds

    Returns
    -------
    dict of str to str
        ``before`` and ``after`` are the counts, free numbers and invitations of the two periods,
        ``questionnaire`` its versions, ``rules`` the question, the days of the periods, the thresholds and
        the version of the formulas.
    """
    rules = {
        "figures": FIGURES, "asked": asked.args(),
        "days": [_days(asked.before), _days(asked.after)],
        "thresholds": [thresholds.min_cell, thresholds.few_answers, thresholds.important_points],
    }  # fmt: skip
    return {
        "before": _sealed(session, _counts(session, asked, versions, asked.before)),
        "after": _sealed(session, _counts(session, asked, versions, asked.after)),
        "questionnaire": _hash([[version.number, version.content_hash] for version in versions]),
        "rules": _hash(rules),
    }


def whole(parts: Mapping[str, str]) -> str:
    """Return the fingerprint as one hash."""
    return _hash([[name, parts[name]] for name in PARTS])


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the parts in which two fingerprints differ."""
    return [name for name in PARTS if one.get(name) != other.get(name)]


def _counts(
    session: Session, asked: Asked, versions: Sequence[LoadedVersion], period: Period
) -> list[object]:
    """Return the counts of a period in an order and with names that no database chooses."""
    names = {
        item.id: f"{version.number}:{item.item_key}"
        for version in versions
        for item in version.items
        if not asked.items or item.item_key in asked.items or item is version.items[0]
    }
    free = {item.id for version in versions for item in version.items if item.kind == "number"} & set(names)
    dimensions = [*([asked.by] if asked.by else []), *asked.adjust]
    found = cube.read(session, names, period, dimensions, asked.where)
    summed: Counter[tuple[str, tuple[str, ...], int]] = Counter()
    for item_rows in found.by_item.values():
        for item, place, value, n in item_rows:
            summed[names[item], place, value] += n
    rows = sorted([*key, n] for key, n in summed.items() if n)
    numbers = cube.numbers(session, free, period, asked.where) if free else {}
    typed = sorted([names[item], sorted(counts.items())] for item, counts in numbers.items())
    where = {name: values for name, values in asked.where.items() if name != MODE}
    invited = tallies.invited(session, asked.questionnaire, period.start, period.end, where)
    return [list(found.dimensions), rows, typed, sum(invited.values())]


def _days(period: Period) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]


def _sealed(session: Session, counts: object) -> str:
    """Return a hash that only the key of the installation can compute.

    A plain one would give hidden groups away: of nine answers on five scores there are 715 ways, and whoever
    knows the rest could try them all.
    """
    return vault_of(session).blind_index(_canonical(counts), "report.fingerprint").hex()


def _hash(value: object) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
