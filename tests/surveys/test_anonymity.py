"""Anonymous questionnaires: that somebody took part is known, what they said is not."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.db import Database
from core.transitions import Transition
from surveys import actions, anonymity, answering, hooks, jobs, links, queries, tallies
from surveys.definition import from_dict
from surveys.models import Answer, Ballot, Invitation, Response
from surveys.parsing import Given
from tests.surveys.links import NOW, rows
from tests.surveys.test_definition import said

NEXT_DAY = NOW + timedelta(days=1)


def publish(database: Database) -> queries.LoadedVersion:
    with database.begin() as session:
        made = actions.publish(session, from_dict(said(anonymous=True)), key="staff", actor="t", now=NOW)
    with database.read() as session:
        return queries.load_version(session, made.id)


def invite(database: Database, version: queries.LoadedVersion, n: int) -> list[str]:
    with database.begin() as session:
        stratum = actions.stratum_id(session, department=f"dep{n}")
        return [
            actions.invite(
                session, version_id=version.id, contact_id=None, stratum_id=stratum, handler="Liu",
                reference="", about={}, language="en", channel="email",
                answer_by=NOW + timedelta(days=9), now=NOW,
            )[1]
            for _each in range(n)
        ]  # fmt: skip


def answer(database: Database, token: str, score: int, at: datetime) -> answering.Recorded:
    with database.begin() as session:
        link = links.find(session, token)
        assert link is not None
        version = queries.load_version(session, link.version_id)
        given = {"overall": Given(value=score), "words": Given(words=f"said {score}")}
        return answering.answer_link(session, link, version, given, language="en", now=at, seconds=31)


def fill(database: Database, n: int) -> queries.LoadedVersion:
    version = publish(database)
    for position, token in enumerate(invite(database, version, n)):
        answer(database, token, 1 + position % 5, NOW + timedelta(minutes=position))
    return version


def open_all(database: Database, now: datetime) -> int:
    with database.begin() as session:
        return sum(
            anonymity.open_ballots(session, *each, now=now) for each in anonymity.ripe(session, now=now)
        )


def test_participation_is_known_and_the_answer_waits_sealed(database: Database):
    fill(database, 4)
    assert Counter(row.state for row in rows(database, Invitation)) == {"answered": 4}
    assert rows(database, Response) == []
    ballots = rows(database, Ballot)
    assert len(ballots) == 4
    assert not any(b"said" in row.answers_sealed for row in ballots)
    assert set(Ballot.__table__.columns.keys()) == {"id", "version_id", "mode", "day", "answers_sealed"}


def test_too_few_ballots_and_those_of_today_stay_closed(database: Database):
    fill(database, 4)
    assert open_all(database, NEXT_DAY) == 0
    fill(database, 1)
    assert open_all(database, NOW + timedelta(hours=1)) == 0
    assert open_all(database, NEXT_DAY) == 5


def test_every_answer_is_counted_once_and_none_is_lost(database: Database):
    version = fill(database, 12)
    assert open_all(database, NEXT_DAY) == 12
    assert open_all(database, NEXT_DAY) == 0
    overall = version.item("overall")
    assert overall is not None
    with database.read() as session:
        words = select(Answer.words).where(Answer.words.is_not(None))
        assert len(session.scalars(words).all()) == 12
        assert tallies.recount(session) == {}
        counted = {
            row.value: row.n
            for row in tallies.counts(session, "staff", NOW.date(), NEXT_DAY.date())
            if row.item_key == "overall"
        }
        invited = tallies.invited(session, "staff", NOW.date(), NEXT_DAY.date(), {"department": "dep12"})
    assert counted == {1: 3, 2: 3, 3: 2, 4: 2, 5: 2}
    assert invited == {}  # the denominator has no departments either


def test_nothing_in_a_response_tells_who_when_or_in_which_order(database: Database):
    fill(database, 12)
    open_all(database, NEXT_DAY)
    responses = rows(database, Response)
    for name in ("invitation_id", "external_id", "open_link_id", "seconds", "entered_by"):
        assert {getattr(row, name) for row in responses} == {None}
    for name in ("handler", "language", "stratum_id", "day", "submitted_at"):
        assert len({getattr(row, name) for row in responses}) == 1
    numbers = [row.id for row in responses]
    assert all(number < 0 for number in numbers)
    with database.read() as session:
        order = select(Answer.value, Answer.response_id).where(Answer.value > 0).order_by(Answer.response_id)
        told = [row.value for row in session.execute(order)]
    assert told != [1 + n % 5 for n in range(12)]  # one chance in 6 million or so of a false alarm
    spent = select(Transition.at).where(Transition.machine == "invitation", Transition.event == "answer")
    with database.read() as session:
        moments = set(session.scalars(spent))
    assert moments == {datetime(2026, 11, 17, 16, 0, tzinfo=UTC)}  # midnight in Shanghai


def test_one_sheet_of_paper_among_links_waits_for_others_of_its_kind(database: Database):
    version = fill(database, 6)
    with database.begin() as session:
        anonymity.cast(session, version, {"overall": Given(value=1)}, mode="paper", now=NOW)
    assert open_all(database, NEXT_DAY) == 6
    assert {row.mode for row in rows(database, Response)} == {"web"}
    assert [row.mode for row in rows(database, Ballot)] == ["paper"]


def test_the_tick_opens_what_is_ripe(database: Database):
    fill(database, 6)
    assert jobs.ballots(database, now=NOW) == {}
    assert jobs.ballots(database, now=NEXT_DAY) == {"opened": 6}


def test_a_second_press_changes_nothing_and_nobody_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    heard: list[object] = []
    monkeypatch.setattr(hooks, "answered", [lambda *event: heard.append(event)])
    version = publish(database)
    [token] = invite(database, version, 1)
    assert answer(database, token, 5, NOW).created is True
    assert answer(database, token, 1, NOW).created is False
    assert len(rows(database, Ballot)) == 1
    assert heard == []


def test_a_withdrawn_link_takes_no_ballot(database: Database):
    version = publish(database)
    [token] = invite(database, version, 1)
    with database.begin() as session:
        link = links.find(session, token)
        assert link is not None
        actions.withdraw(session, link.id, actor="t", now=NOW, reason="x")
        with pytest.raises(answering.ClosedError):
            answering.answer_link(session, link, version, {}, language="en", now=NOW)
    assert rows(database, Ballot) == []


def test_a_questionnaire_stays_anonymous_or_named(database: Database):
    publish(database)
    with database.begin() as session, pytest.raises(actions.AnonymityError):
        actions.publish(session, from_dict(said()), key="staff", actor="t", now=NOW)


def test_answers_of_today_do_not_hold_back_those_of_earlier_days(database: Database):
    version = fill(database, 6)
    [token] = invite(database, version, 1)
    answer(database, token, 3, NEXT_DAY)
    assert open_all(database, NEXT_DAY) == 6
    assert len(rows(database, Ballot)) == 1


def test_the_length_of_a_ballot_says_nothing(database: Database):
    version = publish(database)
    with database.begin() as session:
        for words in ("", "短", "很长的话。" * 100):
            anonymity.cast(session, version, {"words": Given(words=words)}, mode="web", now=NOW)
    assert len({len(row.answers_sealed) for row in rows(database, Ballot)}) == 1
