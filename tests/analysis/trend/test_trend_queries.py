"""The trend from the tally: points, gaps, what is hidden along time, where lines break, one statement."""

from datetime import date

import pytest
from sqlalchemy import event

from analysis.compare import Reason
from analysis.periods import parse_period
from analysis.texts import AskedError
from analysis.trend.course import Measure, latest_signal
from analysis.trend.limits import Rule
from analysis.trend.queries import trend
from analysis.trend.steps import Grain
from surveys import queries
from tests.analysis.answers import count, likert, nhs, publish

TODAY = date(2026, 11, 18)
TEXT = {"key": "more", "kind": "text", "text": {"en": "More?", "zh_Hans": "还有吗？"}}
OTHER = [6, 12, 28, 98, 56]  # 77 %
USUAL = [5, 10, 25, 100, 60]  # 80 % of 200 satisfied


def read(database, *, key="care", item="overall", until="2026-10", grain=Grain.MONTH, today=TODAY, **more):
    with database.read() as session:
        return trend(
            session, versions=queries.versions(session, key), item_key=item, until=parse_period(until),
            grain=grain, today=today, **more,
        )  # fmt: skip


def months(database, version, answers, *, first=(2024, 11), **stratum):
    """Count one set of answers per month, from the first month on; None for a month without any."""
    year, month = first
    for counts in answers:
        if counts:
            count(database, version, date(year, month, 3), {"overall": counts}, **stratum)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


@pytest.fixture
def care(database):
    return publish(database, likert("overall", "Overall", role="overall"))


def test_the_real_survey_by_month_has_the_points_limits_and_no_signal(database):
    """What is shown is as in R; May has fewer than ten answers, and June goes with it."""
    nhs(database)
    found = read(database, key="fft", until="2022-09")
    assert [point.n for point in found.lines[0].points] == [
        13, None, None, 210, 91, 323, 332, 230, 263, 257, 293, 388, 295, 463, 226, 237, 266, 224
    ]  # fmt: skip
    assert str(found.periods[0].name) == "2021-04"
    assert found.lines[0].signals == ()
    assert found.lines[0].last_segment.limits.sigma_z > 1


def test_twenty_four_months_up_to_the_end_of_the_period(database, care):
    months(database, care, [USUAL] * 24)
    found = read(database)
    points = found.lines[0].points
    assert [points[0].period.name, points[-1].period.name] == ["2024-11", "2026-10"]
    assert {point.value for point in points} == {0.8}
    assert found.lines[0].signals == ()
    assert len(read(database, points=36).periods) == 24  # empty months before the first answers are left out
    assert [point.n for point in read(database, grain=Grain.QUARTER).lines[0].points][-3:] == [600, 600, 200]
    assert [point.n for point in read(database, grain=Grain.YEAR).lines[0].points] == [400, 2400, 2000]
    weeks = read(database, grain=Grain.WEEK, until="2026-W40")
    assert sum(point.n or 0 for point in weeks.lines[0].points) == 1200


def test_a_gap_is_a_gap_and_an_open_month_is_never_judged(database, care):
    months(database, care, [*[USUAL] * 14, None, *[USUAL] * 9, [150, 40, 5, 3, 2]])
    found = read(database, until="2026-11")
    points = found.lines[0].points
    assert (points[13].value, points[13].reason) == (None, Reason.NO_ANSWERS)
    assert points[-1].open
    assert points[-1].value == pytest.approx(0.025)
    assert found.lines[0].signals == ()


def test_a_collapse_in_a_closed_month_is_a_signal(database, care):
    months(database, care, [*[USUAL, OTHER] * 11, USUAL, [60, 60, 30, 30, 20]])
    found = read(database)
    signal = latest_signal(found.lines[0])
    assert (signal.rule, signal.first, signal.side) == (Rule.OUTSIDE, 23, -1)
    assert found.lines[0].marks()[23] == -1


def test_few_answers_are_shown_without_being_judged(database, care):
    months(database, care, [*[USUAL] * 23, [10, 5, 0, 0, 0]])
    point = read(database).lines[0].points[-1]
    assert (point.n, point.reason, point.judged) == (15, Reason.FEW, False)
    assert read(database).lines[0].signals == ()


def test_a_small_month_cannot_be_worked_out_from_its_quarter(database, care):
    """January has 4 answers; the first quarter is shown elsewhere, so a second month of it goes too."""
    answers = [USUAL, [0, 0, 0, 2, 2], [0, 0, 0, 20, 20], USUAL, *[USUAL] * 5]
    months(database, care, answers, first=(2025, 12))
    points = read(database, until="2026-08").lines[0].points
    hidden = [None, Reason.SUPPRESSED, Reason.CUT, None]
    assert [point.reason for point in points[:4]] == hidden
    assert [point.n for point in points[1:3]] == [None, None]
    later = read(database, until="2026-02").lines[0].points  # the same wherever the chart ends
    assert [point.reason for point in later] == hidden[:3]


def test_what_a_filter_leaves_out_cannot_be_worked_out_either(database, care):
    months(database, care, [USUAL] * 6, first=(2026, 4), district="East")
    months(database, care, [*[USUAL] * 4, [0, 0, 0, 3, 1], USUAL], first=(2026, 4), district="West")
    points = read(database, where={"district": ("East",)}, until="2026-09").lines[0].points
    assert points[4].reason is Reason.PROTECTED  # all of August minus East would be the four of West
    assert points[5].reason is Reason.CUT  # and of the quarter, July and September the same
    assert read(database, until="2026-09").lines[0].points[4].n == 204
    assert [point.n for point in points[:4]] == [200] * 4
    with pytest.raises(AskedError, match="district should be one of East, West, but is North"):
        read(database, where={"district": ("North",)})


def test_web_and_phone_have_lines_of_their_own_where_both_have_enough(database, care):
    months(database, care, [USUAL] * 13, first=(2025, 10))
    months(database, care, [[0, 0, 10, 50, 40]] * 13, first=(2025, 10), mode="phone")
    found = read(database)
    assert [line.mode for line in found.lines] == ["web", "phone"]
    assert [line.points[0].value for line in found.lines] == [0.8, 0.9]
    together = read(database, split=False)
    assert [line.mode for line in together.lines] == [""]
    assert together.can_split
    assert read(database, where={"mode": ("web",)}).split is False


def test_no_line_across_a_new_scale(database):
    old = publish(database, likert("overall", role="overall", scale="sat5"))
    new = publish(database, likert("overall", role="overall", scale="hcp5"))
    months(database, old, [USUAL] * 12, first=(2024, 11))
    months(database, old, [[0, 0, 0, 30, 0]], first=(2025, 11))  # late answers to the old version
    months(database, new, [USUAL] * 12, first=(2025, 11))
    found = read(database)
    (broken,) = found.breaks
    assert (broken.at, broken.note.template.split()[0]) == (12, "Version")
    assert found.lines[0].points[12].n == 200
    assert [(one.first, one.last) for one in found.lines[0].segments] == [(0, 11), (12, 23)]


def test_other_words_are_marked_and_the_line_goes_on(database):
    old = publish(database, likert("overall", "How was it?", role="overall"))
    new = publish(database, likert("overall", "How satisfied are you?", role="overall"))
    months(database, old, [USUAL] * 12, first=(2024, 11))
    months(database, new, [USUAL] * 12, first=(2025, 11))
    found = read(database)
    assert found.breaks == ()
    (marked,) = found.reworded
    assert (marked.at, marked.note.values) == (12, {"version": "2"})
    assert found.lines[0].last_segment.first == 0


def test_no_line_across_a_moved_mix_of_modes(database, care):
    months(database, care, [USUAL] * 24)
    months(database, care, [[1, 1, 1, 3, 4]] * 12, mode="phone")
    months(database, care, [USUAL] * 12, mode="phone", first=(2025, 11))
    found = read(database, split=False)
    assert [one.at for one in found.breaks] == [12]
    assert "phone" in found.breaks[0].note.say()


def test_a_month_by_chance_is_no_change_of_modes(database, care):
    months(database, care, [[5, 5, 5, 10, 10]] * 24)
    months(database, care, [*[[2, 2, 2, 2, 2]] * 5, [4, 4, 4, 4, 4], *[[2, 2, 2, 2, 2]] * 18], mode="phone")
    assert read(database, split=False).breaks == ()


def test_means_and_net_scores_have_limits_of_single_values(database):
    version = publish(database, {**likert("overall"), "kind": "rating", "scale": "rating10"})
    answers = dict.fromkeys(range(11), 10)
    months(database, version, [answers] * 12, first=(2025, 11))
    found = read(database, measure=Measure.NPS)
    assert found.lines[0].points[0].value == pytest.approx((2 - 7) / 11)
    assert found.lines[0].last_segment.limits.chart == "xmr"
    assert read(database, measure=Measure.MEAN).lines[0].points[0].value == pytest.approx(5)


def test_what_has_no_trend_is_said(database):
    publish(database, likert("overall"), TEXT)
    with pytest.raises(AskedError, match="more has no scale, so it has no trend; choose one of overall"):
        read(database, item="more")
    with pytest.raises(AskedError, match="An item should be one of overall, but is x"):
        read(database, item="x")
    with pytest.raises(AskedError, match="not asked from 0 to 10"):
        read(database, measure=Measure.NPS)


@pytest.mark.parametrize(("where", "statements"), [({}, 2), ({"district": ("East",)}, 3)])
def test_it_is_so_many_statements_at_any_length(database, care, where, statements):
    months(database, care, [USUAL] * 24, district="East")
    seen = []
    with database.read() as session:
        versions = queries.versions(session, "care")
        event.listen(session.get_bind(), "before_cursor_execute", lambda *given: seen.append(given[2]))
        trend(
            session, versions=versions, item_key=None, until=parse_period("2026-10"), today=TODAY, where=where
        )
    assert len([one for one in seen if one.startswith("SELECT")]) == statements
