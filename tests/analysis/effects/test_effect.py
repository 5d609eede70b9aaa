"""The measured effect from the tally: which months, which group, what is hidden, what is said."""

from collections import Counter
from datetime import date, timedelta
from itertools import product
from types import SimpleNamespace

import pytest
from sqlalchemy import event

from analysis.effects import beside, periods, queries, telling
from analysis.effects.months import first_day, month_of
from analysis.effects.queries import Code
from analysis.queries import Thresholds
from surveys import actions, tallies
from tests.analysis.answers import likert, publish

TODAY = date(2026, 11, 18)
START = date(2026, 5, 1)
EAST, WEST = "城东区", "城西区"


def measure(**changes):
    plan = {
        "questionnaire": "care", "item_key": "overall", "starts_on": START, "expected_points": 5.0,
        "scope": {"district": [EAST]}, "control": {"district": [WEST]}, "alert_id": None, "also": [],
    }  # fmt: skip
    return SimpleNamespace(**plan | changes)


def months(count, end=TODAY):
    last = month_of(end)
    return [first_day(each) + timedelta(days=9) for each in range(last - count, last)]


def fill(database, share_of, *, n=200, count=30, missing=0, also=None):
    """Count n answers a month in each district; ``share_of(district, day)`` of them are satisfied.

    ``also`` says the same of other items.
    """
    others = [likert(key) for key in dict.fromkeys(("speed", *(also or {}), "price"))]
    version = publish(database, likert("overall", "Overall satisfaction", role="overall"), *others)
    courses = {version.item(key).id: course for key, course in {"overall": share_of, **(also or {})}.items()}
    with database.begin() as session:
        rows: Counter = Counter()
        for district in (EAST, WEST):
            place = actions.stratum_id(session, district=district)
            for (item_id, course), day in product(courses.items(), months(count)):
                good = round(n * course(district, day))
                for value, found in ((4, good), (2, n - good), (-2, missing)):
                    if found:
                        rows[item_id, day, "web", place, value] += found
        tallies.apply(session, rows)
    return version


def effect(database, one=None, today=TODAY, **limits):
    with database.read() as session:
        return queries.effect(
            session, one or measure(), today=today, thresholds=Thresholds(**limits), language="en"
        )


def rises_by(points):
    return lambda district, day: 0.7 + (points if district == EAST and day >= START else 0.0)


def test_a_rise_only_where_it_reaches_is_an_effect(database):
    fill(database, rises_by(0.1), missing=50)
    found = effect(database)
    assert found.code is Code.RISE
    assert found.effect.estimate == pytest.approx(0.1)
    assert [side.n for side in (*found.scope, *found.control)] == [1200] * 4  # six months, missing in none
    assert (found.before, found.after) == (
        periods.Months(month_of(date(2025, 5, 1)), month_of(date(2025, 11, 1))),
        periods.Months(month_of(START), month_of(date(2026, 11, 1))),
    )
    assert telling.sentence(found) == (
        "Expected +5 points. Compared with the group that it does not reach, the satisfied share changed by "
        "+10.0 points (plausible range +5.0 to +15.0): a rise, and more than chance explains."
    )
    assert "same months a year earlier" in telling.remarks(found)[1]
    assert telling.public_sentence(found).startswith("Satisfied customers: 70.0% before, 80.0% since.")


def test_other_items_stand_beside_corrected_for_their_number(database):
    """Two others rose by 5.5 points: each alone would be more than chance, of two neither is."""
    fill(database, rises_by(0.1), also={"speed": rises_by(0.055), "manner": rises_by(0.055)})
    found = effect(database, measure(also=["speed", "gone", "manner", "overall", "price"]))
    assert (found.label, found.code, found.expected) == ("Overall satisfaction", Code.RISE, 0.05)
    assert [other.p for other in found.others] == [
        *[pytest.approx(2 * found.others[0].found.effect.p)] * 2,
        None,
    ]
    assert effect(database, measure(also=["speed"])).others[0].is_clear
    assert [(row.label, row.effect, row.verdict) for row in beside.rows(found)] == [
        ("Speed", "+5.5 (+0.4 to +10.6)", "may be chance"),
        ("Manner", "+5.5 (+0.4 to +10.6)", "may be chance"),
        ("Price", "–", "too few answers to say"),
    ]


def test_a_rise_everywhere_is_none(database):
    fill(database, lambda _district, day: 0.8 if day >= START else 0.7)
    found = effect(database)
    assert found.code is Code.UNCLEAR
    assert found.effect.ci95[1] == pytest.approx(0.049, abs=0.001)
    assert telling.sentence(found).endswith(
        "an effect is not shown; it may be chance. An effect as large as expected is unlikely."
    )


def test_groups_that_moved_apart_before_are_not_compared(database):
    def drifting(district, day):
        return 0.6 + (0.01 * (month_of(day) - month_of(START) + 24) if district == EAST else 0.0)

    fill(database, drifting, n=400, count=30)
    found = effect(database)
    assert found.code is Code.NOT_PARALLEL
    assert "cannot be read as the effect" in telling.sentence(found)
    assert "by +1.0 points a month" in telling.remarks(found)[0]
    assert telling.public_sentence(found) == ""


def test_without_a_group_the_course_of_the_series_decides(database):
    def up(district, day):
        return 0.7 + 0.02 * (month_of(day) % 2) + (0.12 if district == EAST and day >= START else 0.0)

    fill(database, up)
    found = effect(database, measure(control={}))
    assert (found.code, found.series.before, found.series.after) == (Code.RISE, 24, 6)
    assert found.effect.estimate == pytest.approx(0.12, abs=0.01)
    assert "still too narrow" in telling.remarks(found)[0]


def test_without_a_group_and_too_few_months_only_both_shares_are_told(database):
    fill(database, rises_by(0.1), count=15)
    found = effect(database, measure(control={}))
    assert found.code is Code.TOO_SHORT
    said = telling.sentence(found)
    assert "needs 12 months before and 6 since" in said
    assert "Satisfied 70.0% before and 80.0% since (difference +10.0 points" in said
    assert not found.same_season  # the year before has three of the six months only


def test_without_answers_a_year_before_the_months_just_before_stand_in(database):
    fill(database, rises_by(0.1), count=12)
    found = effect(database)
    assert not found.same_season
    assert found.before == periods.Months(month_of(date(2025, 11, 1)), month_of(START))
    assert any("season is not the same" in remark for remark in telling.remarks(found))


@pytest.mark.parametrize(
    ("changes", "today", "code"),
    [
        ({"item_key": ""}, TODAY, Code.NO_QUESTION),
        ({"item_key": "gone"}, TODAY, Code.NO_QUESTION),
        ({"starts_on": None}, TODAY, Code.NOT_STARTED),
        ({"starts_on": date(2026, 12, 1)}, TODAY, Code.NOT_STARTED),
        ({"starts_on": date(2026, 10, 2)}, TODAY, Code.TOO_SOON),
    ],
)
def test_what_cannot_be_measured_yet_is_said(database, changes, today, code):
    fill(database, rises_by(0.1), count=3)
    found = effect(database, measure(**changes), today)
    assert found.code is code
    assert telling.sentence(found)
    assert telling.remarks(found) == []


def test_few_answers_are_counted_but_not_judged_and_fewer_are_hidden(database):
    fill(database, rises_by(0.1), n=4)
    quarters = measure(starts_on=date(2026, 4, 1))
    few = effect(database, quarters, today=date(2026, 10, 18))  # 24 answers on each side
    assert (few.code, few.fewest, few.course) == (Code.TOO_FEW, 24, ())
    assert "only 24" in telling.sentence(few)
    assert effect(database).code is Code.HIDDEN  # May begins inside a quarter of 12: April would be left over
    hidden = effect(database, quarters, today=date(2026, 10, 18), min_cell=25)
    assert hidden.code is Code.HIDDEN
    assert all(side.share is None for side in (*hidden.scope, *hidden.control))


def test_no_month_can_be_worked_out_from_the_sums_that_are_shown(database):
    """Of each window whose sum is on the page either no month is hidden, or two and at least ten answers."""
    version = publish(database, likert("overall"))
    small = {month_of(date(2025, 7, 1)), month_of(date(2026, 8, 1)), month_of(date(2026, 1, 1))}
    with database.begin() as session:
        rows: Counter = Counter()
        for district, usual in ((EAST, 40), (WEST, 60)):
            place = actions.stratum_id(session, district=district)
            for day in months(30):
                few = district == EAST and month_of(day) in small
                rows[version.items[0].id, day, "web", place, 4] += 3 if few else usual
        tallies.apply(session, rows)
    found = effect(database)
    for window in (found.before, found.after):
        hidden = [
            row.scope.n for row in found.course if row.month in window.numbers() and row.scope.is_hidden
        ]
        assert sorted(hidden) == [3, 40]
    assert all(row.scope.n or not row.scope.is_hidden for row in found.course)


def test_a_bad_spell_before_is_named(database):
    spell = {month_of(START) - k for k in (1, 2, 3)}
    fill(database, lambda district, day: 0.55 if district == EAST and month_of(day) in spell else 0.75)
    found = effect(database)
    assert [round(share.p, 2) for share in found.dip] == [0.75, 0.55]
    assert "bad spell: 55" in telling.remarks(found)[-1]
    fill_alert = effect(database, measure(alert_id=3))
    assert "bad spell" in telling.remarks(fill_alert, alerted=True)[-1]


def test_an_alert_is_a_bad_month_too(database):
    fill(database, rises_by(0.1))
    assert "because of an alert" in telling.remarks(effect(database), alerted=True)[-1]


def test_it_costs_one_statement_beside_the_versions(database):
    fill(database, rises_by(0.1))
    effect(database)
    seen = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    effect(database)
    assert len([each for each in seen if each.startswith("SELECT")]) == 2


@pytest.mark.parametrize(
    ("starts_on", "today", "after"),
    [
        (date(2026, 5, 1), TODAY, (date(2026, 5, 1), 6)),
        (date(2026, 5, 2), TODAY, (date(2026, 6, 1), 5)),
        (date(2024, 5, 1), TODAY, (date(2024, 5, 1), 12)),
        (date(2024, 5, 9), TODAY, (date(2024, 6, 1), 11)),
        (date(2026, 11, 1), TODAY, (date(2026, 11, 1), 0)),
    ],
)
def test_whole_months_since_at_most_a_year(starts_on, today, after):
    found = periods.since(starts_on, today)
    assert (first_day(found.first), len(found)) == after
    before = periods.same_months_before(found)
    assert before.end <= month_of(starts_on) or not len(found)
