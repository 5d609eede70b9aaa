"""What is read from the database, on both kinds: rates, early and late answers, pairs, the register."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event, update
from statsmodels.stats.proportion import proportion_confint

from analysis import queries as comparing
from analysis.asking import Asked
from analysis.breakdown import HIDDEN
from analysis.periods import parse_period
from analysis.why import words
from analysis.why.queries import why
from followup.models import Case
from tests.analysis.answers import AFTER, BEFORE, FALL, STEADY, count, likert, nhs, publish, two_periods
from tests.analysis.why.people_who_answered import EARLIER, LATER, Town
from tests.followup import factories as make

TODAY = date(2026, 11, 18)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def look(database, key="care", before="2025Q3", after="2026Q3", items=(), where=None, adjust=()):
    """Ask why, as the page does."""
    periods = parse_period(before), parse_period(after)
    with database.read() as session:
        versions = comparing.versions_of(session, key)
        compared = comparing.comparison(
            session, questionnaire=key, before=periods[0], after=periods[1], today=TODAY, where=where,
            loaded=versions,
        )  # fmt: skip
        asked = Asked(key, *periods, items=tuple(items), adjust=tuple(adjust), where=compared.where)
        return why(session, asked=asked, versions=versions, comparison=compared, today=TODAY)


def said(found):
    """All sentences and cells in English."""
    texts = []

    def gather(card):
        texts.extend([*card.says, *card.cautions])
        for table in card.tables:
            texts.extend(cell for row in table.rows for cell in row)
        for part in card.parts:
            gather(part)

    for card in words.cards(found, lambda text: text, ("then", "now")):
        gather(card)
    return " ".join(texts)


def test_the_friends_and_family_test_from_the_tally(database, app):
    """All services, small ones together: the sums are those of the counts."""
    nhs(database)
    found = look(database, "fft", "2021Q4", "2022Q2")
    part = found.largest
    assert part.dimension == "service_type"
    assert part.top.total == pytest.approx(0.0530229120473023, rel=1e-9)  # top-2-box of the reference
    assert part.mean.total == pytest.approx(0.133717664449372, rel=1e-9)
    assert part.top.within + part.top.composition == pytest.approx(part.top.total, abs=1e-12)
    assert part.drawn_top.within[0] < part.top.within < part.drawn_top.within[1]
    assert {"Community health services", "PTS - Patient Transport"} <= {g.name for g in part.opposed}


def test_the_first_card_is_that_of_the_largest_mix(database):
    version = two_periods(database, ([0, 0, 0, 60, 0], [0, 0, 0, 20, 0]), district="East", department="A")
    count(database, version, BEFORE, {"overall": {1: 20}}, district="West", department="A")
    count(database, version, AFTER, {"overall": {1: 60}}, district="West", department="A")
    for day in (BEFORE, AFTER):
        count(
            database, version, day, {"overall": {4: 40, 1: 40}}, mode="phone", district="East", department="A"
        )
    found = look(database)
    assert [part.dimension for part in found.breakdowns] == ["district", "mode"]
    assert found.largest.top.composition == pytest.approx(-0.25 * (100 / 140 + 60 / 100) / 2)
    sizes = [abs(part.top.composition) for part in found.breakdowns]
    assert sizes == sorted(sizes, reverse=True)


def test_it_costs_the_same_statements_however_many_groups(database):
    version = two_periods(database, STEADY, district="East", department="A")
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": STEADY[0]}, district="West", department="B")
    counted = []

    def statements():
        counted.append(0)

        @event.listens_for(database.engine, "before_cursor_execute")
        def one_more(*_):
            counted[-1] += 1

        look(database)
        event.remove(database.engine, "before_cursor_execute", one_more)

    look(database)
    count(database, version, AFTER, {"overall": {5: 1}}, district="East", department="A")
    statements()
    for district in "abcdefgh":
        count(database, version, AFTER, {"overall": {5: 20}}, district=district, department="B")
    statements()
    assert counted[0] == counted[1] <= 30


def test_the_same_question_is_not_counted_twice_until_somebody_answers(database):
    version = two_periods(database, STEADY, district="East")
    count(database, version, AFTER, {"overall": STEADY[0]}, district="West")
    first = look(database)
    assert look(database) == first
    count(database, version, AFTER, {"overall": {1: 200}}, district="West")
    assert look(database).largest.top != first.largest.top


def test_a_filter_narrows_every_part(database):
    version = two_periods(database, FALL, district="East", department="A")
    count(database, version, AFTER, {"overall": STEADY[0]}, district="West", department="B")
    found = look(database, where={"district": "East"})
    assert {part.dimension for part in found.breakdowns} == set()
    assert found.item.after.n == 400


def test_what_a_filter_leaves_out_of_a_group_protects_the_group(database):
    """All but five answers of department B came by link: without the filter those five would show."""
    version = two_periods(database, STEADY, district="East", department="A")
    for day in (BEFORE, AFTER):
        for department, web, phone in (("B", 40, 5), ("C", 40, 40), ("D", 40, 40)):
            for mode, n in (("web", web), ("phone", phone)):
                count(database, version, day, {"overall": {4: n}}, mode=mode, department=department)
    found = look(database, where={"mode": "web"})
    names = {
        group.name for part in found.breakdowns if part.dimension == "department" for group in part.groups
    }
    assert "B" not in names
    assert HIDDEN in names or not names


def test_a_group_that_the_end_of_a_period_would_give_away_is_hidden(database):
    """West has 20 answers in the quarter and 4 in the next one: the half year less the quarter is they."""
    version = two_periods(database, STEADY, district="East")
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": {4: 60}}, district="North")
        count(database, version, day, {"overall": {4: 20}}, district="West")
    assert "West" in {group.name for group in look(database).largest.groups}
    count(database, version, BEFORE.replace(month=10), {"overall": {4: 4}}, district="West")
    count(database, version, BEFORE.replace(month=10), {"overall": {4: 60}}, district="North")
    found = look(database)
    assert "West" not in {group.name for part in found.breakdowns for group in part.groups}


def test_too_few_answers_give_nothing(database):
    version = publish(database, likert("overall", role="overall"))
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": {5: 4}})
    found = look(database)
    assert (found.breakdowns, found.answered, found.recovered) == ((), None, None)
    assert "fewer than 10 answers" in words.obstacle(found, lambda text: text, min_cell=10)


def test_what_moved_is_held_constant_unless_something_is_asked_for(database):
    version = publish(database, likert("overall", role="overall"))
    for day, web, phone in ((BEFORE, 3, 1), (AFTER, 1, 3)):
        count(database, version, day, {"overall": [n * web for n in (30, 30, 20, 15, 5)]}, district="East")
        count(
            database, version, day, {"overall": [n * phone for n in (0, 0, 10, 50, 40)]},
            mode="phone", district="East",
        )  # fmt: skip
    found = look(database)
    assert found.shift.is_break
    assert [(one.method, one.dimensions) for one in found.constants] == [
        ("standardised", ("mode",)), ("raked", ("mode",)),
    ]  # fmt: skip
    assert found.constants[0].diff == pytest.approx(0, abs=1e-12)
    assert found.constants[1].diff == pytest.approx(0, abs=1e-9)


class TestWhoAnswered:
    @pytest.fixture
    def asked(self, database):
        with database.begin() as session:
            town = Town(session)
            for at in (EARLIER, LATER):
                for number in range(12):
                    town.by_link(5, at, HOUR * 3)
                    town.by_link(2 if number < 6 else 4, at, DAY * 3, reminded=True)
                    town.by_link(3, at, DAY * 5)
                for _ in range(14):
                    town.invited(at)
                for number in range(30):
                    town.by_phone(5 if number < 12 else 2, at, attempts=1 if number < 15 else 2)
                town.by_phone(None, at, attempts=3, result="NC")
                town.by_phone(None, at, attempts=1, result="NE")
        return look(database, "return_visit").answered

    def test_the_rate_is_links_answered_of_links_sent(self, asked):
        assert [(rate.answered, rate.asked) for rate in asked.total] == [(36, 50)] * 2
        assert asked.total[1].share.ci95 == pytest.approx(proportion_confint(36, 50, method="wilson"))

    def test_calls_that_ended_count_with_those_that_were_answered(self, asked):
        rows = {name: (later.answered, later.asked) for name, _, later in asked.channels.rows}
        assert rows == {"sms": (36, 50), "phone": (30, 31)}  # who was not the customer is no part of it

    def test_early_reminded_and_late_answers_stand_apart(self, asked):
        web, phone = asked.waves
        assert [(name, later.x, later.n) for name, _, later in web.rows] == [
            ("quick", 12, 12), ("reminded", 6, 12), ("later", 0, 12),
        ]  # fmt: skip
        assert [(name, later and (later.x, later.n)) for name, _, later in phone.rows] == [
            ("first", (12, 15)), ("second", (0, 15)), ("more", None),
        ]  # fmt: skip


def test_the_register_stands_beside_the_answers(database):
    """Half of the closed cases are of the east, three quarters of the answers."""
    with database.begin() as session:
        town = Town(session)
        version = town.version
        for district, n in (("East", 20), ("West", 20)):
            for _ in range(n):
                make.closed_case(session, now=LATER, district=district)
        session.execute(update(Case).where(Case.closed_at.is_not(None)).values(closed_at=LATER))
    for day in (BEFORE, AFTER):
        count(database, version, day, {"overall": {5: 60}}, district="East")
        count(database, version, day, {"overall": {2: 20}}, district="West")
    found = look(database, "return_visit")
    one = next(one for one in found.answered.register if one.dimension == "district")
    assert (one.cases, one.answers) == (40, 80)
    assert {name: (cases, answers) for name, cases, answers in one.rows} == {
        "East": (0.5, 0.75), "West": (0.5, 0.25),
    }  # fmt: skip
    raked = next(constant for constant in found.constants if constant.method == "register")
    assert raked.after == pytest.approx(0.5)


class TestRecovered:
    def test_pairs_are_counted_with_the_first_rating_in_the_rows(self, database):
        with database.begin() as session:
            town = Town(session)
            for _ in range(12):
                town.twice(1, 5, put_right=True)
            for _ in range(4):
                town.twice(2, 2, put_right=True)
            town.twice(4, 1, put_right=True)
            for at in (EARLIER, LATER):
                for _ in range(30):
                    town.answered(4, at)
        one = look(database, "return_visit").recovered
        assert (one.pairs.n, one.pairs.won, one.pairs.lost) == (17, 12, 1)
        assert one.pairs.table[0] == (0, 0, 0, 0, 12)
        assert one.pairs.mcnemar.exact
        assert (one.helped.x, one.helped.n) == (12, 16)
        assert one.others is None

    def test_dissatisfied_customers_without_a_remedy_are_the_comparison(self, database):
        with database.begin() as session:
            town = Town(session)
            for number in range(12):
                town.twice(1, 5 if number < 9 else 2, put_right=True, contact=town.customer())
                town.twice(1, 5 if number < 3 else 2, put_right=False, contact=town.customer())
            town.twice(5, 5, put_right=False, contact=town.customer())  # was satisfied: no comparison
            for at in (EARLIER, LATER):
                for _ in range(30):
                    town.answered(4, at)
        found = look(database, "return_visit")
        assert (found.recovered.others.x, found.recovered.others.n) == (3, 12)
        assert found.recovered.gap.diff == pytest.approx(0.5)

    def test_two_periods_do_not_tell_the_few_of_a_month(self, database):
        """Three were asked again in July and 12 in August: the quarter less August would be the three."""
        with database.begin() as session:
            town = Town(session)
            for at, n in ((LATER - DAY * 30, 3), (LATER, 12), (LATER + DAY * 30, 12)):
                for _ in range(n):
                    town.twice(1, 5, put_right=True, at=at)
            for at in (EARLIER, LATER - DAY * 30, LATER, LATER + DAY * 30):
                for _ in range(30):
                    town.answered(4, at)
        shown = [
            not look(database, "return_visit", before="2025Q3", after=after).recovered.hidden
            for after in ("2026Q3", "2026-08", "2026-09")
        ]
        assert shown == [True, False, True]

    def test_the_warning_stands_beside_it_and_few_pairs_are_hidden(self, database, app):
        with database.begin() as session:
            town = Town(session)
            for _ in range(9):
                town.twice(1, 5, put_right=True)
            for at in (EARLIER, LATER - DAY * 100, LATER):
                for _ in range(30):
                    town.answered(4, at)
        found = look(database, "return_visit")
        assert (found.recovered.pairs, found.recovered.hidden) == (None, True)
        with app.test_request_context():
            assert "Regression to the mean" in said(found)
