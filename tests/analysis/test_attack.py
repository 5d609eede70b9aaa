"""An attack by subtraction, through the door that every page uses: no group under the limit is found."""

import random
from datetime import date, timedelta
from itertools import combinations, pairwise

import numpy as np
import pytest

from analysis.breakdown import HIDDEN
from analysis.periods import parse_period
from analysis.queries import comparison, over_time, versions_of
from analysis.trend.queries import trend
from analysis.trend.steps import Grain
from analysis.why import reading
from tests.analysis.answers import count, likert, publish

TODAY, LIMIT = date(2026, 6, 1), 10
DISTRICTS, MODES = ("east", "north", "west"), ("phone", "web")
PERIODS = [
    parse_period(name)
    for name in (
        "2025", "2025H1", "2025H2", "2025Q3", "2025Q4", "2025-07", "2025-08", "2025-09", "2025-10", "2025-11",
        "2025-12", "2025-W45", "2025-W46", "2025-W47", "2025-07-01..2025-11-30", "2025-10-01..2025-11-14",
        "2025-11-15..2026-03-15", "2025-11-03..2025-11-15", "2025-10-01..2025-11-16",
        "2025-11-01..2025-11-09",
        "2025-11-10..2025-11-16", "2026", "2026Q1", "2025-07-01..2026-03-31", "2026-01-01..2026-03-15",
    )
]  # fmt: skip


class Fact:
    """What really was answered: by district, mode and day."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.cells: dict[tuple[str, str], dict[date, int]] = {}
        for district, often in zip(DISTRICTS, (30, 12, 3), strict=True):
            for mode, share in zip(MODES, (0.4, 1), strict=True):
                days = [date(2025, 7, 1) + timedelta(days=draw.randrange(270)) for _n in range(often)]
                self.cells[district, mode] = {
                    day: max(1, round(draw.randrange(1, 12) * share)) for day in days
                }

    def size(self, group, start, end):
        """Return the answers of some cells between two days."""
        return sum(n for cell in group for day, n in self.cells[cell].items() if start <= day < end)


def seen(database, **asked):
    """Ask for every period, and return those in which each group was shown, be it with nobody."""
    found: dict[str, list] = {}
    with database.read() as session:
        for period in PERIODS:
            compared = comparison(
                session, questionnaire="care", before=parse_period("2023"), after=period, today=TODAY, **asked
            )
            one = compared.items[0]
            if compared.after.responses is not None or one.after.n is not None:
                assert compared.after.responses == one.after.n  # nobody left it out: one tells the other
                found.setdefault("", []).append(period)
                for mode in compared.after.modes:
                    found.setdefault(mode, []).append(period)
            for part in one.parts:
                if part.after.n is not None:
                    found.setdefault(part.name, []).append(period)
    return found


def cells(*, district=DISTRICTS, mode=MODES):
    return {(one, other) for one in district for other in mode}


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4))]


ENDS = sorted({end for period in PERIODS for end in (period.start, period.end)})
SPANS = list(pairwise(ENDS))
WHERES = [
    {},
    *({"district": [one]} for one in DISTRICTS),
    *({"mode": [one]} for one in MODES),
    *({"district": [one], "mode": [other]} for one in DISTRICTS for other in MODES),
]


def vector(group, start, end):
    """Write the answers of some cells between two ends as a sum over the cells of the shortest spans."""
    return np.array([
        float(cell in group and start <= first and last <= end)
        for cell in sorted(cells())
        for first, last in SPANS
    ])  # fmt: skip


def told(database):
    """Return all sums that the comparison shows: every period, filter and breakdown, and both at once."""
    found = set()
    for where in WHERES:
        for by in (None, "district", "mode"):
            if by not in where:
                for name, periods in seen(database, where=where, by=by).items():
                    if name != HIDDEN:
                        part = {"mode": [name]} if name in MODES else {"district": [name]} if name else {}
                        group = frozenset(cells(**where) & cells(**part))
                        found |= {(group, period.start, period.end) for period in periods}
    return found


def follows(sums, fact):
    """Find small groups that are a sum of what is shown, each times any number: all subtractions at once."""
    known = np.array([vector(*one) for one in sums])
    _left, sizes, right = np.linalg.svd(known, full_matrices=False)
    basis = right[sizes > 1e-9]
    places = [cells(**where) for where in WHERES]
    groups = {frozenset(one) for place in places for one in (place, cells() - place)}
    groups |= {frozenset(cells() - one - other) for one in places for other in places} - {frozenset()}
    wanted = [
        (group, start, end)
        for group in groups
        for start, end in combinations(ENDS, 2)
        if 0 < fact.size(group, start, end) < LIMIT
    ]
    asked = np.array([vector(*one) for one in wanted])
    rest = np.abs(asked - asked @ basis.T @ basis).max(axis=1)
    return [
        (sorted(group), start, end) for (group, start, end), r in zip(wanted, rest, strict=True) if r < 1e-7
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_small_group_follows_from_all_that_is_shown(database, seed):
    fact = Fact(seed)
    version = publish(database, likert("overall", role="overall"))
    for (district, mode), days in fact.cells.items():
        for day, n in days.items():
            count(database, version, day, {"overall": {4: n}}, mode=mode, district=district)
    sums = told(database)
    assert len(sums) > 40  # it is no protection to show nothing
    assert follows(sums, fact) == []


def test_that_nobody_of_a_part_answered_is_not_told_where_the_rest_is_hidden(database):
    """May of all is May of a, if b has nobody: the second quarter of a less May would be three people."""
    version = publish(database, likert("overall", role="overall"))
    for month, sizes in ((3, (30, 30)), (4, (0, 37)), (5, (28, 0)), (6, (3, 20)), (7, (30, 30))):
        for district, n in zip("ab", sizes, strict=True):
            if n:
                count(database, version, date(2025, month, 2), {"overall": {4: n}}, district=district)
    asked = {"questionnaire": "care", "before": parse_period("2023"), "today": TODAY}
    with database.read() as session:
        shown = {
            (name, district): comparison(
                session, after=parse_period(name), where={"district": [district]} if district else {}, **asked
            )
            for name in ("2025Q2", "2025-04", "2025-05", "2025-06")
            for district in ("", "a", "b")
        }
    told = {where: found.items[0].after.n for where, found in shown.items()}
    assert (told["2025Q2", "a"], told["2025-04", "a"], told["2025-05", ""]) == (31, 0, 28)
    assert told["2025-05", "a"] is told["2025-05", "b"] is told["2025-06", "a"] is None
    assert shown["2025-05", "b"].after.responses is None


def test_pages_of_their_own_ask_for_one_item_and_hear_the_same(database):
    version = publish(database, likert("overall", role="overall"))
    for month, n in ((7, 20), (8, 4), (9, 20)):
        count(database, version, date(2025, month, 2), {"overall": {4: n}})
    asked = {"where": {}, "today": TODAY, "min_cell": LIMIT}
    with database.read() as session:
        versions = versions_of(session, "care")
        ids = [versions[0].items[0].id]
        periods = list(map(parse_period, ("2025-07", "2025-09", "2025Q3", "2025-07-01..2025-08-02")))
        found = over_time(session, versions, ids, periods, **asked)
        cut = [period.name for period in periods if found.cuts(ids, period)]
    assert cut == ["2025-09", "2025-07-01..2025-08-02"]


def test_without_the_rule_the_attack_finds_somebody():
    """The attack is able to: with every period of everyone and of all other districts the west is told."""
    every = [frozenset(cells()), frozenset(cells(district=DISTRICTS[:2]))]
    sums = [(group, period.start, period.end) for group in every for period in PERIODS]
    found = follows(sums, Fact(1))
    assert any(group == sorted(cells(district=["west"])) for group, _start, _end in found)


def test_the_run_chart_and_the_comparison_leave_no_month_over(database):
    """July and the quarter in the comparison, September in the run chart: August is what is left."""
    version = publish(database, likert("overall", role="overall"))
    for month, n in ((7, 20), (8, 4), (9, 20), (10, 40), (11, 40), (12, 40)):
        count(database, version, date(2025, month, 2), {"overall": {4: n}})
    with database.read() as session:
        found = trend(
            session, versions=versions_of(session, "care"), item_key=None, until=parse_period("2025-12"),
            today=TODAY,
        )  # fmt: skip
    points = {point.period.name: point.n for point in found.lines[0].points}
    assert points == {f"2025-{month:02}": n for month, n in enumerate((20, None, None, 40, 40, 40), 7)}
    assert [period.name for period in seen(database)[""] if period.name in points] == [
        name for name, n in points.items() if n
    ]


@pytest.mark.parametrize("grain", [Grain.WEEK, Grain.QUARTER, Grain.YEAR])
def test_points_of_every_length_are_judged_as_the_comparison_judges_them(database, grain):
    fact = Fact(1)
    version = publish(database, likert("overall", role="overall"))
    for (district, mode), days in fact.cells.items():
        for day, n in days.items():
            count(database, version, day, {"overall": {4: n}}, mode=mode, district=district)
    for where in ({}, {"district": ("west",)}):
        with database.read() as session:
            found = trend(
                session, versions=versions_of(session, "care"), item_key=None, until=parse_period("2026-04"),
                today=TODAY, grain=grain, where=where, split=False,
            )  # fmt: skip
            for point in found.lines[0].points:
                one = comparison(
                    session, questionnaire="care", before=parse_period("2001"), after=point.period,
                    today=TODAY, where=where,
                ).items[0]  # fmt: skip
                assert (point.n, point.reason) == (one.after.n, one.after.reason), (where, point.period)


def test_a_period_that_lasts_centuries_is_no_error(database):
    version = publish(database, likert("overall", role="overall"))
    count(database, version, date(2025, 7, 2), {"overall": {4: 40}})
    with database.read() as session:
        for where in ({}, {"district": ("",)}):
            found = comparison(
                session, questionnaire="care", before=parse_period("1900-01-01..2024-12-31"),
                after=parse_period("2025-01-01..2199-12-31"), today=TODAY, where=where,
            )  # fmt: skip
            assert found.items[0].after.n == 40


CITY = {
    "east": {"a": 40, "b": 50, "c": 3, "g": 12},
    "west": {"d": 60, "e": 8, "f": 70},
    "south": {"h": 90, "i": 80},
}


@pytest.mark.parametrize("few", [("e",), ("c", "e"), ("c", "e", "g")])
def test_the_departments_of_a_district_do_not_tell_what_is_left_of_it(database, few):
    """One table by district, another by department: the first says what the departments of each add up to."""
    version = publish(database, likert("overall", role="overall"))
    for day in (date(2024, 8, 1), date(2025, 8, 1)):
        for district, departments in CITY.items():
            for department, usual in departments.items():
                n = usual if department in few else max(usual, LIMIT)
                stratum = {"district": district, "department": department}
                count(database, version, day, {"overall": {4: n}}, **stratum)
    shown = {}
    with database.read() as session:
        for by in ("district", "department"):
            one = comparison(
                session, questionnaire="care", before=parse_period("2024Q3"), after=parse_period("2025Q3"),
                today=TODAY, by=by,
            ).items[0]  # fmt: skip
            shown[by] = {part.name for part in one.parts if part.name != HIDDEN}
    assert len(shown["district"]) + len(shown["department"]) >= 4  # it is no protection to show nothing
    for district in shown["district"]:
        left = {one: n for one, n in CITY[district].items() if one not in shown["department"]}
        assert not left or (len(left) > 1 and sum(left.values()) >= LIMIT)


def test_the_rate_of_the_link_is_kept_back_where_it_would_tell_a_month(database):
    """Everybody is shown month by month, for many were called; of those who came by link August had four."""
    version = publish(database, likert("overall", role="overall"))
    for month, n in ((7, 20), (8, 4), (9, 20), (10, 20), (11, 20), (12, 20)):
        count(database, version, date(2025, month, 2), {"overall": {4: n}}, district="east")
        count(database, version, date(2025, month, 2), {"overall": {4: 90}}, mode="phone", district="east")
        count(database, version, date(2025, month, 2), {"overall": {4: 90}}, district="west")
    pair = parse_period("2025-07"), parse_period("2025-09")
    with database.read() as session:
        versions = versions_of(session, "care")
        ask = {"today": TODAY, "min_cell": LIMIT}
        every = reading.read(session, versions, "overall", pair, {}, **ask)
        east = reading.read(session, versions, "overall", pair, {"district": ("east",)}, **ask)
    assert every.told_links == (True, True)
    assert every.cut_links["district"] == {"east", "west"}  # all less west would be east
    assert east.told_links == (True, False)


def test_a_constant_mix_is_the_same_however_hidden_groups_divide_what_they_have_together(database):
    """August of the west had three: July with August must not say how north and west share what they hold."""
    found = []
    for key, swapped in (("care", 0), ("other", 2)):
        version = publish(database, likert("overall", role="overall"), key=key)
        for month in range(1, 13):
            for district, n in (("east", {4: 40}), ("north", {5: 20}), ("west", {1: 10, 4: 5})):
                count(database, version, date(2024, month, 2), {"overall": n}, district=district)
            few = {1: 3 if month == 8 else 12}
            north, west = {5: 12}, few
            if month == 7 and swapped:
                north, west = {5: 12 - swapped, 1: swapped}, {5: swapped, 1: 12 - swapped}
            for district, n in (("east", {4: 40}), ("north", north), ("west", west)):
                count(database, version, date(2025, month, 2), {"overall": n}, district=district)
        with database.read() as session:
            one = comparison(
                session, questionnaire=key, before=parse_period("2024-07-01..2024-08-31"),
                after=parse_period("2025-07-01..2025-08-31"), today=TODAY, by="district",
                adjust=("district",),
            ).items[0]  # fmt: skip
            several = comparison(
                session, questionnaire=key, before=parse_period("2024-07-01..2024-08-31"),
                after=parse_period("2025-07-01..2025-08-31"), today=TODAY, adjust=("mode", "district"),
            ).items[0]  # fmt: skip
        assert {part.name for part in one.parts} == {"east", HIDDEN}
        found.append((one.parts, one.adjusted, several.adjusted))
    assert found[0] == found[1]
