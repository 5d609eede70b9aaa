"""Trying a rule on past closings: what it would have asked, whom it would have left alone, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.contacts.actions import set_do_not_contact
from core.contacts.models import Contact, ContactEvent, Phone
from core.db import Database
from core.transitions import Transition
from followup import jobs
from followup.cases import actions as cases
from followup.models import Case, FollowUp
from followup.rules import queries, trial, trying
from followup.rules.policy import Snapshot, Terms
from tests.followup import factories as make
from tests.pace import least_cpu

ODDS = trial.Odds(answer_rate=0.25, calls_per_task=2, minutes_per_call=6)
START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
ALL = frozenset({"sms", "email", "phone"})
PLAIN = Terms(delay_hours=0, delay_in="elapsed", cap_days=0)


def at_once(closed_at: datetime, terms: Terms) -> tuple[datetime, date]:
    return closed_at + timedelta(hours=terms.delay_hours), closed_at.date()


def closing(n: int, **changes: object) -> trial.Closing:
    """The n-th closing, an hour after the one before, of a customer of its own."""
    facts = {name: changes.pop(name) for name in ("kind", "severity", "category") if name in changes}
    plain = trial.Closing(
        n, f"20261102-{n:04d}", 1, START + timedelta(hours=n),
        Snapshot(**({"kind": "repair"} | facts)), circle=(n,), by=ALL,
    )  # fmt: skip
    return plain._replace(**changes)


def outcome(
    terms: Terms, closings: list[trial.Closing], before: list[trial.Played] | None = None
) -> trial.Outcome:
    world = trial.World([*(before or []), (0, terms)], 0, at_once)
    trial.run(closings, [world])
    return world.outcome


def test_links_calls_and_hours_follow_from_the_odds() -> None:
    found = outcome(PLAIN, [closing(n) for n in range(8)])
    assert (found.fits, found.n, found.links, found.direct_tasks) == (8, 8, 8, 0)
    assert found.tasks(ODDS) == 6  # a quarter answers by link
    assert found.calls(ODDS) == 12
    assert found.hours(ODDS) == pytest.approx(1.2)
    assert found.peak == (date(2026, 11, 2), 8)


@pytest.mark.parametrize(
    ("terms", "by", "links", "direct", "second"),
    [
        (PLAIN, {"sms", "phone"}, 1, 0, 1),
        (PLAIN, {"phone"}, 0, 1, 0),
        (PLAIN, {"email"}, 1, 0, 0),
        (replace(PLAIN, written=("sms",)), {"email"}, 0, 0, 0),
        (replace(PLAIN, channel="link"), {"sms", "phone"}, 1, 0, 0),
        (replace(PLAIN, channel="link"), {"phone"}, 0, 0, 0),
        (replace(PLAIN, channel="phone"), {"sms", "phone"}, 0, 1, 0),
        (replace(PLAIN, channel="phone_then_link"), {"sms", "phone"}, 0, 1, 0),
        (replace(PLAIN, channel="phone_then_link"), {"email"}, 1, 0, 0),
    ],
)
def test_the_way_depends_on_what_reaches_the_customer(
    terms: Terms, by: set[str], links: int, direct: int, second: int
) -> None:
    found = outcome(terms, [closing(1, by=frozenset(by))])
    assert (found.links, found.direct_tasks, found.second_tasks) == (links, direct, second)
    assert found.why_not["no_contact"] == (not links and not direct)


def test_a_rule_that_comes_first_takes_its_cases() -> None:
    mixed = [closing(1, kind="complaint"), closing(2), closing(3)]
    found = outcome(PLAIN, mixed, [(7, replace(PLAIN, kinds=("complaint",)))])
    assert (found.fits, found.n, dict(found.others)) == (3, 2, {7: 1})


def test_the_cap_counts_what_every_rule_asks_and_the_household() -> None:
    capped = replace(PLAIN, kinds=("repair",), cap_days=30)
    first = closing(1, kind="complaint", circle=(1, b"household"))
    again = closing(2, circle=(2, b"household"))
    found = outcome(capped, [first, again], [(7, replace(PLAIN, kinds=("complaint",)))])
    assert (found.n, found.why_not["cap"]) == (0, 1)
    late = again._replace(closed_at=START + timedelta(days=31))
    assert outcome(capped, [first, late], [(7, replace(PLAIN, kinds=("complaint",)))]).n == 1
    exempt = replace(capped, uncapped=("repair",))
    assert outcome(exempt, [first, again], [(7, replace(PLAIN, kinds=("complaint",)))]).n == 1


def test_who_is_left_alone_is_counted_by_reason() -> None:
    found = outcome(replace(PLAIN, sampling_rate=0), [closing(1), closing(2, do_not_contact=True)])
    assert dict(found.why_not) == {"not_sampled": 1, "dnc": 1}
    assert outcome(PLAIN, [closing(1, is_remedied=True)]).remedied == 1


# With a database.


def trial_of(session: Session, terms: Terms, now: datetime, rule_id: int | None = None) -> trying.Trial:
    card = queries.rule(session, rule_id) if rule_id else None
    return trying.tried(session, card, terms, days=30, now=now)


def test_the_trial_asks_whom_the_engine_asked(database: Database, now: datetime) -> None:
    with database.begin() as session:
        terms = replace(make.ASK_ALL, sampling_rate=50, cap_days=30, kind_rates=(("complaint", 100.0),))
        rule_id = make.new_rule(session, terms, now=now).id
        known = make.new_contact(session, now=now, household="00123")
        nowhere = make.new_contact(session, now=now, phones=[])
    for n in range(12):
        at = now + timedelta(minutes=n)
        with database.begin() as session:
            shared = {3: {"contact": known}, 6: {"contact": known}, 9: {"contact": nowhere}}.get(n, {})
            make.closed_case(session, now=at, kind="repair" if n % 3 else "complaint", **shared)
        jobs.send_due(database, now=at)
    later = now + timedelta(hours=1)
    with database.read() as session:
        asked = set(session.scalars(select(FollowUp.case_id).where(FollowUp.state != "skipped")))
        skipped = dict(session.execute(
            select(FollowUp.reason, func.count()).where(FollowUp.state == "skipped").group_by(FollowUp.reason)
        ).all())  # fmt: skip
        found = trial_of(session, terms, later, rule_id)
    assert {case_id for case_id, _no in found.outcome.asked} == asked
    assert dict(found.outcome.why_not) == skipped
    assert found.closings == 12


def test_a_change_shows_what_is_added_and_what_is_gone(database: Database, now: datetime) -> None:
    with database.begin() as session:
        rule_id = make.new_rule(session, replace(make.ASK_ALL, kinds=("repair", "praise")), now=now).id
        for kind in ("repair", "praise", "inquiry"):
            make.closed_case(session, now=now, kind=kind)
        changed = replace(make.ASK_ALL, kinds=("repair", "inquiry"))
        found = trial_of(session, changed, now + timedelta(hours=1), rule_id)
        assert (found.outcome.n, len(found.added), len(found.gone)) == (2, 1, 1)
        added, pages = trying.lines(session, found, "added", 1)
        gone, _pages = trying.lines(session, found, "gone", 9)
        assert ([line.kind for line in added], [line.kind for line in gone], pages) == (
            ["inquiry"], ["praise"], 1,
        )  # fmt: skip
        assert added[0].customer == "王*"


def test_a_rule_is_tried_as_if_it_were_on_and_nothing_is_written(database: Database, now: datetime) -> None:
    with database.begin() as session:
        rule = make.new_rule(session, now=now)
        rule.active = False
        contact = make.new_contact(session, now=now)
        make.closed_case(session, now=now, contact=contact)
        set_do_not_contact(session, contact.id, actor="c", channel="phone", reason="", now=now)
        make.closed_case(session, now=now)
        rule_id = rule.id
    with database.read() as session:
        before = [
            session.scalar(select(func.count()).select_from(m)) for m in (FollowUp, Transition, ContactEvent)
        ]
        found = trial_of(session, make.ASK_ALL, now + timedelta(hours=1), rule_id)
        after = [
            session.scalar(select(func.count()).select_from(m)) for m in (FollowUp, Transition, ContactEvent)
        ]
    assert (found.outcome.n, found.outcome.why_not["dnc"], before) == (1, 1, after)
    assert found.odds.assumed == {"answer_rate", "calls_per_task", "minutes_per_call"}


def test_every_closing_counts_and_those_after_a_remedy_stay_with_their_rule(
    database: Database, now: datetime
) -> None:
    with database.begin() as session:
        make.new_rule(session, now=now)
        case = make.closed_case(session, now=now)
        cases.reopen(session, case, actor="sven", reason="again", now=now + timedelta(hours=1))
        make.close(session, case, now=now + timedelta(hours=2))
        session.scalars(select(FollowUp).order_by(FollowUp.id)).all()[0].state = "remedy"
        session.flush()
        found = trial_of(session, make.ASK_ALL, now + timedelta(hours=3))
        assert found.outcome.remedied == 1


@pytest.mark.slow
def test_thousands_of_closings_are_tried_at_once(database: Database, now: datetime) -> None:
    with database.begin() as session:
        make.new_rule(session, replace(make.ASK_ALL, kinds=("complaint",)), now=now)
        fill(session, 20_000, now)
    terms = Terms(sampling_rate=50, cap_days=60)
    with database.read() as session:
        found = trying.tried(session, None, terms, days=90, now=now)
    assert found.closings == 20_000
    assert 3_000 < found.outcome.n < 5_000  # the cap takes some
    with database.read() as session:  # 100 000 take 2.0 s on a quiet machine; a query each would take minutes
        assert least_cpu(lambda: trying.tried(session, None, terms, days=90, now=now), tries=2) < 5


def fill(session: Session, n: int, now: datetime) -> None:
    """Closed cases of half as many customers, without their history."""
    people = [{"uid": f"{i:032d}", "created_at": now, "language": "zh_Hans", "do_not_contact": False,
               "source": ""} for i in range(1, n // 2)]  # fmt: skip
    first = (session.scalar(select(func.max(Contact.id))) or 0) + 1
    session.execute(insert(Contact), people)
    session.execute(insert(Phone), [
        {"uid": f"{i:032d}", "contact_id": first + i, "position": 0, "number_sealed": b"x",
         "number_index": i.to_bytes(16), "kind": "mobile", "dead": False} for i in range(len(people))
    ])  # fmt: skip
    session.execute(insert(Case), [
        {"uid": f"{i:032d}", "number": f"C{i}", "source": "test", "external_id": str(i),
         "contact_id": first + i % len(people), "kind": ("complaint", "repair", "inquiry")[i % 3],
         "category": f"供暖/{i % 12}", "department": f"{i % 9}所", "title_sealed": b"x", "state": "closed",
         "close_reason": "solved", "resolution_no": 1, "registered_at": now - timedelta(days=89),
         "closed_at": now - timedelta(minutes=1 + i * 89 * 1440 // n), "changed_at": now}
        for i in range(n)
    ])  # fmt: skip
