"""A comparison from the tally: what is pooled, filtered, hidden, broken down and held constant."""

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event

from analysis.breakdown import HIDDEN
from analysis.compare import Reason
from analysis.documents import to_json
from analysis.periods import parse_period
from analysis.queries import Thresholds, comparison, read_filters
from analysis.texts import AskedError
from analysis.verdicts import Code
from core.db import Database
from surveys import actions, answering, tallies
from surveys.answering import Given
from surveys.models import Missing
from tests.analysis.answers import AFTER, BEFORE, DATA, FALL, STEADY, count, likert, nhs, publish, two_periods

TODAY = date(2026, 11, 18)


def compare(
    database: Database, *, questionnaire="care", before="2025Q3", after="2026Q3", today=TODAY, **more
):
    with database.read() as session:
        return comparison(
            session, questionnaire=questionnaire, before=parse_period(before), after=parse_period(after),
            today=today, **more,
        )  # fmt: skip


def test_the_real_survey_agrees_with_r(database):
    nhs(database)
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())
    found = to_json(compare(database, questionnaire="fft", before="2021Q4", after="2022Q2"))["items"][0]
    wanted = gold["compare_2021Q4_2022Q2"]
    assert [found["before"]["n"], found["after"]["n"]] == wanted["n"]
    assert list(found["before"]["counts"].values()) == wanted["counts1"]
    exact = {"rel": 1e-9}
    assert [found["before"]["mean"], found["after"]["mean"]] == pytest.approx(wanted["mean"], **exact)
    assert found["before"]["mean_ci95"] == pytest.approx(wanted["mean_ci95_t_1"], **exact)
    assert found["difference"]["mean"]["ci95"] == pytest.approx(wanted["welch"]["ci95"], **exact)
    assert found["after"]["top_box"]["ci95"] == pytest.approx(wanted["top_box"]["wilson2"], **exact)
    assert found["difference"]["top_box"]["ci95"] == pytest.approx(wanted["top_box"]["newcombe"], **exact)
    assert found["difference"]["brunner_munzel"]["p"] == pytest.approx(wanted["brunner_munzel"]["p"], **exact)
    assert found["difference"]["mann_whitney"]["p"] == pytest.approx(wanted["mann_whitney"]["p_cc"], **exact)
    assert found["difference"]["mann_whitney"]["z"] == pytest.approx(
        wanted["mann_whitney"]["z_nocc_coin"], **exact
    )
    assert found["difference"]["cliffs_delta"]["ci95"] == pytest.approx(wanted["cliff"]["ci95"], **exact)


def test_mix_and_constant_mix_of_the_real_survey_agree_with_r(database):
    if not DATA.is_dir():
        pytest.skip("the real data are not beside this checkout (../shared/data)")
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())["kitagawa_by_service_2021Q4_2022Q2"]
    nhs(database, gold["strata"])
    one = compare(
        database, questionnaire="fft", before="2021Q4", after="2022Q2", by="service_type",
        adjust=("service_type",),
    ).items[0]  # fmt: skip
    assert one.mix.total == pytest.approx(gold["total"], rel=1e-9)
    assert one.mix.within == pytest.approx(gold["within"], rel=1e-9)
    assert one.mix.composition == pytest.approx(gold["mix"], rel=1e-9)
    assert [part.within for part in one.mix.strata] == pytest.approx(gold["within_by"], rel=1e-9)
    assert one.adjusted.mean.diff == pytest.approx(gold["std_diff_weights_pooled"], rel=1e-9)
    assert one.mix.opposed == ("Community health services", "PTS - Patient Transport")


def test_answers_as_they_are_stored_are_what_is_compared(database, now):
    """Through the real door: record, then compare; the missing ones stay apart."""
    version = publish(database, likert("overall", role="overall"), likert("speed", not_applicable=True))
    with database.begin() as session:
        stratum = actions.stratum_id(session, district="East")
        for n in range(40):
            at = datetime(2025 if n < 20 else 2026, 8, 3, 4, tzinfo=now.tzinfo)
            speed = Given(missing=Missing.NOT_APPLICABLE) if n % 4 == 0 else Given(value=1)
            answering.record(
                session, version, {"overall": Given(value=5 if n < 20 else 2), "speed": speed}, mode="phone",
                stratum_id=stratum, handler="", language="en", now=now, submitted_at=at, external_id=str(n),
            )  # fmt: skip
    found = compare(database)
    overall, speed = found.items
    assert (overall.before.counts[5], overall.after.counts[2]) == (20, 20)
    assert (speed.before.n, speed.before.missing, speed.before.mean.mean) == (15, {"not_applicable": 5}, 1)
    assert (found.before.responses, dict(found.after.modes)) == (20, {"phone": 20})


def test_a_fall_is_said_as_a_fall(database):
    two_periods(database)
    one = compare(database).items[0]
    assert one.verdict.code is Code.LOWER
    assert (one.before.top_box.x, one.after.top_box.x) == (360, 300)


def test_every_kind_of_item_is_counted(database):
    version = publish(
        database,
        likert("recommend", kind="rating", scale="rating10"),
        {"key": "solved", "kind": "yesno", "text": {"en": "Solved?", "zh_Hans": "解决了吗"}},
        {"key": "why", "kind": "multiple", "text": {"en": "Why?", "zh_Hans": "为什么"}, "options": [
            {"code": 1, "texts": {"en": "slow", "zh_Hans": "慢"}},
            {"code": 2, "texts": {"en": "rude", "zh_Hans": "态度差"}}]},
        {"key": "way", "kind": "single", "text": {"en": "Which?", "zh_Hans": "哪个"}, "options": [
            {"code": 7, "texts": {"en": "hotline", "zh_Hans": "热线"}},
            {"code": 3, "texts": {"en": "counter", "zh_Hans": "柜台"}}]},
        {"key": "more", "kind": "text", "text": {"en": "More?", "zh_Hans": "其他"}},
    )  # fmt: skip
    for day in (BEFORE, AFTER):
        count(database, version, day, {
            "recommend": {0: 10, 8: 10, 9: 10, 10: 10}, "solved": {2: 30, 1: 10},
            "why": {0: 40, 1: 35, 2: 20, -2: 5}, "way": {3: 25, 7: 15}, "more": {1: 12, -2: 28},
        })  # fmt: skip
    items = {one.item.item_key: one for one in compare(database).items}
    assert items["recommend"].before.top_box.x == 20  # 9 and 10
    assert items["recommend"].before.mean.mean == 27 / 4  # 0 is a score here
    assert items["solved"].before.top_box.p == 0.75
    assert (items["why"].before.n, items["why"].before.counts) == (40, {1: 35, 2: 20})
    assert items["why"].before.missing == {"skipped": 5}
    assert list(items["way"].before.counts.items()) == [(7, 15), (3, 25)]
    assert items["way"].item.category_labels == ("hotline", "counter")
    assert (items["more"].before.n, items["more"].difference) == (12, None)


def test_free_numbers_are_read_from_the_answers(database, now):
    text = {"en": "Days?", "zh_Hans": "几天"}
    version = publish(database, likert("overall"), {"key": "days", "kind": "number", "text": text})
    with database.begin() as session:
        east = actions.stratum_id(session, district="East")
        west = actions.stratum_id(session, district="West")
        for n in range(60):
            at = datetime(2025 if n < 30 else 2026, 8, 3, 4, tzinfo=now.tzinfo)
            days = Given(number=1.5 if n < 30 else 2.0 + n % 2)
            answering.record(
                session, version, {"overall": Given(value=4), "days": days},
                mode="web", stratum_id=east if n % 3 else west, handler="", language="en", now=now,
                submitted_at=at, external_id=str(n),
            )  # fmt: skip
    days = compare(database).items[1]
    assert (days.before.mean.mean, days.after.mean.mean) == (1.5, 2.5)
    filtered = compare(database, where={"district": "East"}).items[1]
    assert (filtered.before.n, filtered.after.n) == (20, 20)


class TestVersions:
    def test_the_same_item_is_joined_and_a_new_wording_is_said(self, database):
        first = publish(database, likert("overall", "How was it?"))
        count(database, first, BEFORE, {"overall": FALL[0]})
        second = publish(database, likert("overall", "How was our service?"))
        count(database, second, AFTER, {"overall": FALL[1]})
        one = compare(database).items[0]
        assert (one.before.n, one.after.n, one.item.label) == (400, 400, "How was our service?")
        assert [note.say() for note in one.notes] == [
            "The wording changed with version 2; the answers are still taken together."
        ]

    def test_nothing_is_pooled_across_two_scales(self, database):
        first = publish(database, likert("overall", scale="sat5"))
        count(database, first, BEFORE, {"overall": FALL[0]})
        second = publish(database, likert("overall", scale="hcp5"))
        count(database, second, AFTER, {"overall": FALL[1]})
        one = compare(database).items[0]
        assert (one.before.reason, one.after.n, one.item.scale_id) == (Reason.NO_ANSWERS, 400, "hcp5.1")
        assert (
            one.notes[0].say().startswith("Version 2 asks this on another scale (hcp5.1 instead of sat5.1)")
        )

    def test_the_author_can_break_a_series(self, database):
        first = publish(database, likert("overall"))
        count(database, first, BEFORE, {"overall": FALL[0]})
        second = publish(database, likert("overall", "Another matter"), changes={"overall": "break"})
        count(database, second, AFTER, {"overall": FALL[1]})
        one = compare(database).items[0]
        assert (one.before.reason, one.after.n) == (Reason.NO_ANSWERS, 400)
        assert "asks something else" in one.notes[0].say()

    def test_periods_before_a_break_are_compared_with_each_other(self, database):
        first = publish(database, likert("overall", scale="sat5"), likert("gone"))
        count(database, first, BEFORE, {"overall": FALL[0], "gone": STEADY[0]})
        count(database, first, AFTER, {"overall": FALL[1], "gone": STEADY[1]})
        publish(database, likert("overall", scale="hcp5"))
        found = compare(database)
        assert [one.item.item_key for one in found.items] == ["overall", "gone"]
        assert (found.items[0].item.scale_id, found.items[0].notes) == ("sat5.1", ())
        assert found.items[0].verdict.code is Code.LOWER

    def test_responses_of_both_versions_count(self, database):
        first = publish(database, likert("overall"))
        count(database, first, BEFORE, {"overall": FALL[0]})
        second = publish(database, likert("speed"), likert("overall"))
        count(database, second, BEFORE, {"speed": {-2: 50}, "overall": {5: 50}})
        found = compare(database)
        assert found.before.responses == 450


class TestFilters:
    def test_only_the_wanted_answers_count(self, database):
        version = two_periods(database, FALL, district="East")
        count(database, version, BEFORE, {"overall": STEADY[0]}, district="West", mode="phone")
        count(database, version, AFTER, {"overall": STEADY[1]}, district="West", mode="phone")
        assert compare(database).items[0].before.n == 660
        assert compare(database, where={"district": "West"}).items[0].before.n == 260
        assert compare(database, where={"mode": ["phone"]}).before.responses == 260
        assert compare(database, where={"district": ["East", "West"]}).items[0].before.n == 660
        nobody = compare(database, where={"district": "East", "mode": "phone"})
        assert nobody.items[0].before.reason is Reason.NO_ANSWERS

    def test_what_is_left_out_cannot_be_worked_out(self, database):
        version = two_periods(database, FALL, district="East")
        count(database, version, AFTER, {"overall": {1: 9}}, district="West")
        one = compare(database, where={"district": "East"}).items[0]
        assert (one.before.n, one.after.n, one.after.reason) == (400, None, Reason.PROTECTED)
        assert one.difference is None
        assert compare(database, where={"district": "East"}).after.responses is None
        count(database, version, AFTER, {"overall": {1: 1}}, district="West")
        assert compare(database, where={"district": "East"}).items[0].after.n == 400

    def test_a_small_filtered_group_is_hidden(self, database):
        version = two_periods(database, FALL, district="East")
        count(database, version, AFTER, {"overall": {1: 9}}, district="West")
        found = compare(database, where={"district": "West"})
        assert (found.items[0].after.n, found.items[0].after.reason) == (None, Reason.SUPPRESSED)
        assert (found.after.responses, found.after.reason, found.after.modes) == (None, Reason.SUPPRESSED, {})

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({"where": {"distric": "East"}}, "A dimension should be one of service_type, .* but is distric"),
            ({"by": "age"}, "A dimension should be one of .* but is age"),
            ({"adjust": ["age"]}, "A dimension should be one of .* but is age"),
            ({"where": {"district": "Est"}}, "district should be one of East, but is Est"),
            ({"where": {"mode": "fax"}}, "mode should be one of web, phone, paper, import, but is fax"),
            ({"items": ["overal"]}, "An item should be one of overall, but is overal"),
            ({"questionnaire": "car"}, "A questionnaire should be one of care, but is car"),
            ({"before": "2026-07"}, "July 2026 and Q3 2026 share days"),
            ({"before": "2026Q4"}, "Q4 2026 is later than Q3 2026"),
        ],
    )
    def test_what_is_not_known_is_refused_with_what_is(self, database, asked, sentence):
        two_periods(database, district="East")
        with pytest.raises(AskedError, match=sentence):
            compare(database, **asked)

    def test_filters_are_written_with_an_equals_sign(self):
        assert read_filters(["district=East", "mode=web", "district=West"]) == {
            "district": ["East", "West"], "mode": ["web"],
        }  # fmt: skip
        with pytest.raises(AskedError, match="DIMENSION=VALUE"):
            read_filters(["East"])


class TestBreakdown:
    def test_small_parts_are_put_together(self, database):
        version = two_periods(database, FALL, district="East")
        for district, n in (("North", 4), ("South", 7), ("West", 40)):
            count(database, version, BEFORE, {"overall": {1: n, 5: n}}, district=district)
            count(database, version, AFTER, {"overall": {1: n, 5: n}}, district=district)
        one = compare(database, by="district").items[0]
        # North has 8 answers; alone it would be total minus the rest, so South, the next one, covers it
        assert [(part.name, part.before.n) for part in one.parts] == [
            ("East", 400),
            ("West", 80),
            (HIDDEN, 22),
        ]
        assert one.mix_top.total == pytest.approx(one.difference.top_box.diff)
        assert one.mix.within + one.mix.composition == pytest.approx(one.difference.mean.diff)
        assert [part.name for part in one.mix.strata] == ["East", "West", HIDDEN]

    def test_a_change_of_mode_alone_is_all_mix(self, database):
        version = two_periods(database, ([20, 20, 20, 20, 20], [20, 20, 20, 20, 20]))
        count(database, version, AFTER, {"overall": {5: 100}}, mode="phone")
        count(database, version, BEFORE, {"overall": {5: 20}}, mode="phone")
        one = compare(database, by="mode", adjust=("mode",)).items[0]
        assert one.difference.top_box.diff > 0.1
        assert one.mix_top.within == pytest.approx(0)
        assert one.adjusted.top_box.diff == pytest.approx(0)

    def test_hidden_items_have_no_breakdown(self, database):
        two_periods(database, ([0, 0, 0, 0, 5], FALL[1]), district="East")
        one = compare(database, by="district", adjust=("mode",)).items[0]
        assert (one.mix, one.parts, one.adjusted) == (None, (), None)


class TestPeriods:
    def test_an_open_period_gets_no_verdict(self, database):
        two_periods(database)
        found = compare(database, today=date(2026, 9, 30))
        assert (found.before.provisional, found.after.provisional) == (False, True)
        assert found.items[0].verdict.code is Code.PROVISIONAL
        assert compare(database, today=date(2026, 10, 1)).items[0].verdict.code is Code.LOWER

    def test_the_days_at_the_edges(self, database):
        version = publish(database, likert("overall"))
        for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 1)):
            count(database, version, day, {"overall": {5: 10}})
        assert compare(database).after.responses == 20

    def test_the_response_rate_is_the_one_of_the_link(self, database):
        version = two_periods(database, FALL, district="East")
        count(database, version, BEFORE, {"overall": {3: 50}}, mode="phone", district="East")
        count(database, version, BEFORE, {"overall": {3: 500}}, mode="import", district="East")
        with database.begin() as session:
            east = actions.stratum_id(session, district="East")
            tallies.add_invitation(session, version_id=version.id, day=BEFORE, stratum_id=east, n=800)
        found = compare(database)
        assert (found.before.invited, found.before.responded, found.before.response_rate) == (800, 400, 0.5)
        assert (found.after.invited, found.after.response_rate) == (0, None)
        assert compare(database, where={"mode": "web"}).before.invited is None

    def test_more_answers_than_links_give_no_rate(self, database):
        version = two_periods(database)
        with database.begin() as session:
            place = actions.stratum_id(session)
            tallies.add_invitation(session, version_id=version.id, day=BEFORE, stratum_id=place, n=300)
        assert compare(database).before.response_rate is None

    def test_without_any_answers_every_item_says_so(self, database):
        publish(database, likert("overall"), likert("speed"))
        found = compare(database)
        assert [one.before.reason for one in found.items] == [Reason.NO_ANSWERS] * 2
        assert (found.before.responses, found.before.reason) == (0, None)


def test_thresholds_are_those_of_the_settings(database):
    two_periods(database, ([0, 0, 0, 0, 14], FALL[1]))
    one = compare(database, thresholds=Thresholds(min_cell=15, few_answers=40)).items[0]
    assert one.before.reason is Reason.SUPPRESSED
    assert to_json(compare(database))["items"][0]["before"]["reason"] == "few answers"


def test_labels_and_options_are_in_the_language(database):
    two_periods(database)
    one = compare(database, language="zh_Hans").items[0]
    assert (one.item.label, one.item.category_labels[-1]) == ("题目overall", "非常满意")


def test_the_number_of_statements_does_not_grow(database):
    """Two of the tally and two of its months, two of the links sent, one each for versions and values.

    One more for which dimensions add up to each other, two where some do; two ask whether anybody wrote to
    the years since they were added up.
    """
    version = publish(database, *(likert(f"q{n}") for n in range(20)))
    for n in range(60):
        place = {"district": f"D{n % 5}", "service_type": f"S{n % 3}"}
        for start in (BEFORE, AFTER):
            answers = {f"q{k}": {1 + n % 5: 20} for k in range(20)}
            count(database, version, start + timedelta(days=n % 28), answers, **place)
    compare(database)  # published versions are read once by each process
    statements = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    compare(
        database, by="service_type", where={"district": ["D1", "D2", "D3"]}, adjust=("mode", "service_type")
    )
    assert len([text for text in statements if text.startswith("SELECT")]) <= 11


def test_what_is_kept_of_the_years_never_outlives_a_change(database):
    """Which groups may be shown is remembered between looks; every write makes it be decided anew."""
    version = publish(database, likert("overall", role="overall"))
    for day in (BEFORE, AFTER):
        for district in ("East", "West", "South"):
            count(database, version, day, {"overall": [2, 3, 5, 30, 20]}, district=district)

    def names():
        found = compare(database, by="district", where={"mode": ["web"]}).items[0]
        return {part.name for part in found.parts}

    assert names() == names() == {"East", "West", "South"}
    small = {"overall": {5: 4}}
    count(database, version, BEFORE, small, district="North")  # four people: they and the next must go
    with_small = names()
    assert "North" not in with_small
    assert HIDDEN in with_small
    count(database, version, BEFORE, {"overall": {5: -4}}, district="North")  # erased again
    assert names() == {"East", "West", "South"}
