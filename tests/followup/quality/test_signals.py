"""What is worth a look: each rule by hand, the query and the rule alike, and what people find."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom
from sqlalchemy import select, update

from core.auth.models import User
from core.contacts.models import Phone
from core.db import Database, vault_of
from core.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from core.periods import parse_period
from followup.callbacks.models import Skip
from followup.callbacks.outcomes import Code
from followup.models import Attempt, Callback
from followup.quality import checking, counting, words_signals
from followup.quality.comparing import Standing, standing_out
from followup.quality.models import SignalCheck
from followup.quality.signals import SIGNALS, Compared, longest_run
from followup.quality.spotting import spotted
from tests.followup.quality.calls import GOOD, MIXED, call, callbacks, staff

NOVEMBER = parse_period("2026-11")
TOP = GOOD  # every score is the best one


def test_the_longest_run_and_where_it_ends() -> None:
    assert longest_run([True, True, False, True, True]) == (2, 4)  # the latest of two
    assert longest_run([False]) == (0, -1)
    assert longest_run([]) == (0, -1)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 100))
def test_the_chance_is_that_of_fishers_exact_test(x_of_n: tuple[int, int], others: int) -> None:
    x, n = x_of_n
    expected = hypergeom(n + 100, x + others, n).sf(x - 1)
    assert Compared(x, n, others, 100).p == pytest.approx(expected, rel=1e-8, abs=1e-13)


def test_few_others_make_nobody_stand_out() -> None:
    """Where ten percent refuse, twenty calls of the others have no refusal in one of eight times."""
    assert not Compared(40, 400, 0, 20).stands_out(10)
    assert Compared(40, 400, 0, 400).stands_out(10)
    assert Compared(4000, 50_000, 30_000, 1_000_000).p < 1e-50


def test_who_stands_out_and_who_does_not() -> None:
    assert Compared(12, 40, 8, 100).stands_out(10)
    assert not Compared(8, 100, 12, 40).stands_out(10)  # fewer than the others
    assert not Compared(4, 40, 8, 100).stands_out(10)  # 10 against 8 percent
    assert not Compared(9, 9, 8, 100).stands_out(10)  # of too few
    assert not Compared(12, 40, 0, 9).stands_out(10)  # nobody to compare with


def found_in(database: Database, signal: str) -> list[tuple[int, float, int]]:
    """What a signal finds in November."""
    with database.read() as session:
        rows = session.execute(spotted(session, signal, NOVEMBER)).all()
    return sorted((row.attempt_id, round(row.amount, 1), row.of) for row in rows)


def test_the_queries_find_what_the_rules_say(database: Database, now: datetime) -> None:
    ids = callbacks(database, now, 9)
    anna, amir = staff(database, now, "anna", "amir")
    with database.begin() as session:
        short = call(session, ids[0], anna.id, now, seconds=19.5, answers=MIXED)
        rushed = call(session, ids[1], anna.id, now, seconds=17.9)
        call(session, ids[2], anna.id, now, seconds=20, answers=MIXED)
        never = call(session, ids[3], anna.id, now, seconds=None, code=Code.NO_ANSWER)
        hasty = call(session, ids[3], anna.id, now, seconds=2.5, code=Code.BUSY)
        call(session, ids[4], anna.id, now, seconds=3, code=Code.NO_ANSWER)
        session.execute(update(Callback).where(Callback.id == ids[5]).values(handler_id=amir.id))
        session.execute(update(Callback).where(Callback.id == ids[6]).values(handler_name="Amir"))
        own = [call(session, each, amir.id, now, code=Code.REFUSED_HARD).id for each in ids[5:7]]
        undone = call(session, ids[7], anna.id, now, seconds=1)
        undone.undone_at, undone.undone_by = now, "anna"
        call(session, ids[8], anna.id, now - timedelta(days=30), seconds=1)  # in October
    assert found_in(database, "short") == [(short.id, 19.5, 0), (rushed.id, 17.9, 0)]
    assert found_in(database, "rushed") == [(rushed.id, 17.9, 6)]
    with database.read() as session:
        rows = session.execute(spotted(session, "no_dial", NOVEMBER)).all()
        assert sorted((row.attempt_id, row.amount) for row in rows if row.amount is not None) == [
            (hasty.id, 2.5)
        ]
        assert {row.attempt_id for row in rows} == {never.id, hasty.id}
    assert [row[0] for row in found_in(database, "own_case")] == own


def test_answers_on_a_number_that_three_customers_have(database: Database, now: datetime) -> None:
    ids = callbacks(database, now, 4)
    (anna,) = staff(database, now, "anna")
    with database.begin() as session:
        for callback_id in ids:
            call(session, callback_id, anna.id, now)
        first, second, third, _other = session.scalars(select(Phone).order_by(Phone.id))
        second.number_index = first.number_index
    assert found_in(database, "shared_number") == []
    with database.begin() as session:
        session.execute(update(Phone).where(Phone.id == third.id).values(number_index=first.number_index))
    assert [(amount, of) for _id, amount, of in found_in(database, "shared_number")] == [(3.0, 0)]


def standing(database: Database) -> list[Standing]:
    """In what agents differ in November."""
    with database.read() as session:
        return standing_out(session, NOVEMBER)


def test_many_calls_with_nothing_but_top_marks(database: Database, now: datetime) -> None:
    ids = callbacks(database, now, 22)
    anna, amir = staff(database, now, "anna", "amir")
    with database.begin() as session:
        call(session, ids[0], anna.id, now, answers=MIXED)
        for n, each in enumerate(ids[1:10]):
            call(session, each, anna.id, now + timedelta(minutes=n + 1), answers=TOP)
        for each in ids[10:12]:
            call(session, each, amir.id, now, answers=TOP)
        call(session, ids[12], amir.id, now, answers=MIXED)
    assert standing(database) == []  # nine in a row
    with database.begin() as session:
        last = call(
            session, ids[13], anna.id, now + timedelta(minutes=20), answers=TOP | {"speed": "refused"}
        )
        call(session, ids[14], anna.id, now + timedelta(minutes=30), answers=MIXED)
    (found,) = standing(database)
    assert (found.signal, found.agent_id, found.attempt_id, found.run) == ("top_run", anna.id, last.id, 10)
    assert found.compared == Compared(10, 12, 2, 3)


def test_more_refusals_undone_outcomes_and_callbacks_given_back_than_others(
    database: Database, now: datetime
) -> None:
    (callback_id,) = callbacks(database, now)
    anna, amir = staff(database, now, "anna", "amir")
    with database.begin() as session:
        for n in range(60):
            refused = Code.REFUSED_HARD if n % 20 == 0 else Code.BREAKOFF
            call(session, callback_id, amir.id, now, code=refused)
        mine = [
            call(session, callback_id, anna.id, now, code=Code.REFUSED_HARD if n < 10 else Code.BREAKOFF)
            for n in range(20)
        ]
        ids = [a.id for a in mine[10:18]]
        session.execute(update(Attempt).where(Attempt.id.in_(ids)).values(undone_at=now, undone_by="anna"))
        session.add_all(
            Skip(callback_id=callback_id, agent_id=anna.id, reason="other", at=now) for _ in range(9)
        )
    found = {one.signal: one for one in standing(database)}
    assert set(found) == {"refused", "undone", "skips"}
    assert {one.agent_id for one in found.values()} == {anna.id}
    assert found["refused"].compared == Compared(10, 12, 3, 60)
    assert found["undone"].compared == Compared(8, 20, 0, 60)
    assert found["skips"].compared == Compared(9, 29, 0, 60)
    assert found["refused"].attempt_id == mine[9].id
    assert found["undone"].attempt_id == mine[17].id


def unlooked(database: Database, shown: str, now: datetime) -> int:
    """How many calls without a dial stand on the page of a signal as not looked at."""
    with database.read() as session:
        counted = counting.counted(session, NOVEMBER, shown, now).counts
    return next(each.open for each in counted if each.signal == "no_dial")


def test_a_finding_is_that_of_a_person_and_stays(
    database: Database, now: datetime, people: dict[str, User]
) -> None:
    (callback_id,) = callbacks(database, now)
    sven, anna = people["sven"], people["anna"]
    with database.begin() as session:
        mine = call(session, callback_id, sven.id, now, code=Code.NO_ANSWER, seconds=None).id
        other = call(session, callback_id, anna.id, now, code=Code.NO_ANSWER, seconds=None).id

    def check(attempt_id: int, finding: str = "talk", signal: str = "no_dial") -> None:
        with database.begin() as session:
            checking.check(
                session, signal, attempt_id, finding=finding, note="停机，听录音无误", period=NOVEMBER,
                checker_id=sven.id,
                actor="sven", now=now,
            )  # fmt: skip

    with pytest.raises(ForbiddenError):
        check(mine)
    with pytest.raises(InputError):
        check(other, finding="guilty")
    for nothing in ("laziness", "short", "refused"):  # no such signal, or not shown by this call
        with pytest.raises(NotFoundError):
            check(other, signal=nothing)
    check(other)
    with pytest.raises(ConflictError):
        check(other)
    with database.read() as session:
        (no_dial,) = [c for c in counting.counts(session, NOVEMBER, []) if c.signal == "no_dial"]
        assert (no_dial.open, no_dial.checked) == (1, 1)
        open_, done = (
            checking.rows(session, "no_dial", NOVEMBER, [], is_checked=is_checked, page=1)
            for is_checked in (False, True)
        )
        assert [(row.attempt_id, row.finding) for row in open_] == [(mine, "")]
        assert [(row.attempt_id, row.finding, row.checked_by) for row in done] == [(other, "talk", "Sven")]
        assert done[0].note == "停机，听录音无误"
    # What is shown is counted now, what stands beside it within a minute.
    assert unlooked(database, "short", now) == 1
    with database.begin() as session:
        call(session, callback_id, anna.id, now, code=Code.NO_ANSWER, seconds=None)
    seconds = {"short": (59, 61), "no_dial": (59,)}
    found = [unlooked(database, each, now + timedelta(seconds=n)) for each in seconds for n in seconds[each]]
    assert found == [1, 2, 2]
    with database.read() as session:
        stored = session.scalars(select(SignalCheck)).one()
        assert "录音".encode() not in (stored.note_sealed or b"")
        assert vault_of(session)


def test_the_list_in_a_browserless_client(
    database: Database,
    now: datetime,
    people: dict[str, User],
    client_for: Callable[[str], FlaskClient],
    csrf: Callable[[FlaskClient, str], str],
) -> None:
    (callback_id,) = callbacks(database, now)
    with database.begin() as session:
        attempt = call(session, callback_id, people["anna"].id, now, seconds=12).id
    sven, anna, lena, aldo = (client_for(name) for name in ("sven", "anna", "lena", "aldo"))
    path = "/callbacks/quality/signals?period=2026-11"
    page = sven.get(path).get_data(as_text=True)
    assert "worth a look; none of them is a verdict" in page
    assert "12 s" in page
    for nobody in (anna, lena):
        assert nobody.get(path).status_code == 403
    one = f"/callbacks/quality/signals/short/{attempt}?period=2026-11"
    assert "Save the finding" not in aldo.get(one).get_data(as_text=True)
    assert "12 s" in aldo.get(one).get_data(as_text=True)
    token = csrf(sven, one)
    again = sven.post(one, data={"csrf_token": token, "finding": "", "note": "还没听"})
    assert again.status_code == 422
    assert "还没听" in again.get_data(as_text=True)
    done = sven.post(one, data={"csrf_token": token, "finding": "fine", "note": "客户赶时间"})
    assert done.status_code == 303
    assert "is checked" in sven.get(path).get_data(as_text=True)
    assert "nothing wrong" in sven.get(f"{path}&show=checked").get_data(as_text=True)
    assert "客户赶时间" in aldo.get(one).get_data(as_text=True)
    for signal in SIGNALS:
        assert sven.get(f"{path}&signal={signal}").status_code == 200
        assert str(words_signals.MEANING[signal])
    assert sven.get(f"{path}&signal=guilt").status_code == 400


def test_a_call_without_any_score_is_no_top_mark_and_breaks_no_page(
    database: Database, now: datetime, client_for: Callable[[str], FlaskClient]
) -> None:
    ids = callbacks(database, now, 12)
    (amir,) = staff(database, now, "amir2")
    with database.begin() as session:
        for place, callback_id in enumerate(ids):
            answers = {"resolved": "1"} if place == 0 else TOP  # a customer who rates nothing
            call(session, callback_id, amir.id, now + timedelta(minutes=5 * place), answers=answers)
    with database.read() as session:
        (found,) = (one for one in standing_out(session, NOVEMBER) if one.signal == "top_run")
    assert (found.run, found.compared.x, found.compared.n) == (11, 11, 12)
    assert client_for("sven").get("/callbacks/quality/signals?signal=top_run").status_code == 200


@pytest.mark.parametrize("signal", ["%00", "nothing", "short%00"])
def test_a_signal_that_does_not_exist_is_not_found(
    client_for: Callable[[str], FlaskClient], signal: str
) -> None:
    assert client_for("sven").get(f"/callbacks/quality/signals/{signal}/1").status_code == 404
