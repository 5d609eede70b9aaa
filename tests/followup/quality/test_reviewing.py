"""The second look: by another person, blind, with marks only; and the pages of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from core.audit import AuditEntry
from core.auth.models import User
from core.contacts.models import Contact, ContactEvent
from core.db import Database, vault_of
from core.errors import ForbiddenError, InputError, NotFoundError
from core.periods import parse_period
from followup.models import Attempt, Callback, Case
from followup.quality import calling, drawing, exports, figures, queries, reviewing
from followup.quality.jobs import draw_reviews
from followup.quality.models import CallReview
from followup.quality.policy import why_not_call
from followup.quality.reviewing import Reviewer, ReviewLostError
from surveys.models import Response, Tally
from surveys.parsing import Given
from tests.followup.quality.calls import GOOD, MIXED, call, callbacks, staff
from tests.followup.test_locks import until_waiting

Csrf = Callable[[FlaskClient, str], str]


def drawn_call(database: Database, now: datetime, agent_id: int, **given: object) -> int:
    """A completed call of this agent that waits for a second look; the id of the review."""
    callback_id = callbacks(database, now, **given)[-1]
    with database.begin() as session:
        call(session, callback_id, agent_id, now - timedelta(minutes=20))
        (row,) = session.execute(drawing.with_answers()).all()
        assert drawing._put(session, row, "share", now)
        return session.scalars(select(CallReview.id)).one()


def taken(database: Database, reviewer: Reviewer, now: datetime) -> int | None:
    """Take the next one."""
    with database.begin() as session:
        review = reviewing.take_next(session, reviewer, now=now)
        return review.id if review else None


def scores(database: Database, review_id: int, **changed: int) -> dict[str, Given]:
    """What the second person heard: the answers of the call but for what changed."""
    values = {key: Given(value=int(value)) for key, value in GOOD.items()}
    return values | {key: Given(value=value) for key, value in changed.items()}


def saved(
    database: Database, review_id: int, who: Reviewer, now: datetime, *, way: str = "listen", **changed: int
) -> str:
    """Save the second look; its state then."""
    with database.begin() as session:
        answers = scores(database, review_id, **changed)
        review = reviewing.settle(session, review_id, who, answers, way=way, note="很清楚", now=now)
        return review.state


def test_nobody_looks_at_the_own_call_or_at_a_case_of_the_own(database: Database, now: datetime) -> None:
    anna, amir, bert, cora = staff(database, now, "anna", "amir", "bert", "cora")
    review_id = drawn_call(database, now, anna.id, handler_id=amir.id)
    with database.begin() as session:
        session.execute(update(Callback).values(handler_name="Bert"))
    for nobody in (anna, amir, bert):
        assert taken(database, nobody, now) is None
    assert taken(database, cora, now) == review_id
    with database.begin() as session:  # however it came into these hands
        session.execute(update(CallReview).values(reviewer_id=anna.id))
        with pytest.raises(NotFoundError):
            reviewing.held(session, review_id, anna)


def test_one_call_is_in_one_hand_and_comes_back_when_it_was_left_lying(
    database: Database, now: datetime
) -> None:
    anna, amir, bert = staff(database, now, "anna", "amir", "bert")
    review_id = drawn_call(database, now, anna.id)
    assert taken(database, amir, now) == review_id
    assert taken(database, amir, now) == review_id  # pressed twice
    assert taken(database, bert, now) is None
    later = now + timedelta(hours=1)
    assert draw_reviews(database, now=later)["released"] == 1
    assert taken(database, bert, later) == review_id
    with database.begin() as session, pytest.raises(NotFoundError):
        reviewing.held(session, review_id, amir)


def test_two_presses_at_once_give_one_call(database: Database, now: datetime) -> None:
    """The second press waits for the first and then finds that something is in this hand."""
    if database.settings.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    anna, amir = staff(database, now, "anna", "amir")
    with database.begin() as session:
        for callback_id in callbacks(database, now, 2):
            call(session, callback_id, anna.id, now - timedelta(minutes=20))
        assert [
            drawing._put(session, row, "share", now) for row in session.execute(drawing.with_answers()).all()
        ]
    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            first = reviewing.take_next(session, amir, now=now)
            second = pool.submit(taken, database, amir, now)
            until_waiting(database, 1)
            assert first is not None
            review_id = first.id
        assert second.result() == review_id


def test_what_nobody_takes_for_four_weeks_lapses_and_is_counted(database: Database, now: datetime) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    with database.read() as session:
        drawn_at = session.get_one(CallReview, review_id).drawn_at
    assert "lapsed" not in draw_reviews(database, now=drawn_at + timedelta(days=28, seconds=-1))
    late = drawn_at + timedelta(days=28)
    assert draw_reviews(database, now=late)["lapsed"] == 1
    assert "lapsed" not in draw_reviews(database, now=late)
    assert taken(database, amir, late) is None
    with database.read() as session:
        period = parse_period(f"{now:%Y-%m}")
        found = figures.figures(session, period, "en")
        assert (found.open, found.lapsed, found.not_possible, found.whole.n) == (0, 1, 0, 0)
        assert "nobody_looked_in_time,1" in exports.to_csv(found)


def test_only_marks_are_kept_and_no_figure_changes(database: Database, now: datetime) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    assert taken(database, amir, now) == review_id
    with database.read() as session:
        before = session.execute(select(Tally)).all(), session.scalar(select(func.count(Response.id)))
    assert saved(database, review_id, amir, now, overall=4) == "differs"
    with database.read() as session:
        after = session.execute(select(Tally)).all(), session.scalar(select(func.count(Response.id)))
        assert len(before[0]) == len(after[0])
        assert before[1] == after[1] == 1
        review = session.scalars(select(CallReview)).one()
        assert review.marks is not None
        assert review.marks["overall"] == [5, 4]
        assert review.marks["speed"] == [5, 5]
        assert set(review.marks) == set(GOOD)  # nothing of what was written
        assert vault_of(session).open(review.note_sealed or b"", f"review.note:{review.uid}") == "很清楚"
        assert session.scalars(select(AuditEntry.action)).all().count("review.done") == 1
    with database.begin() as session, pytest.raises(ReviewLostError):
        reviewing.held(session, review_id, amir)


def test_what_the_second_person_could_not_hear_is_not_compared(database: Database, now: datetime) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    taken(database, amir, now)
    with database.begin() as session:
        version = reviewing.version_of(session, session.get_one(CallReview, review_id))
        nothing = {item.item_key: Given(missing=-2) for item in version.items}  # type: ignore[arg-type]
        with pytest.raises(InputError, match="Score at least one"):
            reviewing.settle(session, review_id, amir, nothing, way="listen", now=now)
        review = reviewing.settle(
            session, review_id, amir, nothing | {"overall": Given(value=5)}, way="listen", now=now
        )
        assert (review.state, review.marks) == ("agrees", {"overall": [5, 5]})


def test_a_call_that_cannot_be_compared_says_why_and_marks_nothing(database: Database, now: datetime) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    taken(database, amir, now)
    with database.begin() as session:
        with pytest.raises(InputError, match="Choose why"):
            reviewing.give_up(session, review_id, amir, reason="", now=now)
        reviewing.give_up(session, review_id, amir, reason="no_recording", now=now)
    with database.read() as session:
        found = queries.result(session, review_id)
        assert (found.line.state, found.reason, found.marks) == ("not_possible", "no_recording", {})


def test_a_second_call_shows_the_number_once_and_stands_in_the_ledger(
    database: Database, now: datetime
) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    taken(database, amir, now)
    with database.begin() as session, pytest.raises(InputError, match="Show the number"):
        reviewing.settle(session, review_id, amir, scores(database, review_id), way="call", now=now)
    with database.begin() as session:
        masked = queries.sheet(session, session.get_one(CallReview, review_id), now=now)
        assert "*" in masked.number
        calling.reveal(session, review_id, amir, now=now)
        shown = calling.reveal(session, review_id, amir, now=now)
        assert "*" not in queries.sheet(session, shown, now=now).number
    with database.read() as session:
        assert session.scalars(select(AuditEntry.action)).all().count("callback.reveal") == 1
        assert session.scalars(select(ContactEvent.purpose)).all().count("quality") == 1
        assert session.scalar(select(func.count(Attempt.id))) == 1
    assert saved(database, review_id, amir, now, way="call") == "agrees"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, None),
        ({"is_closed": False}, "open_case"),
        ({"wants_contact": False}, "no_contact"),
        ({"has_number": False}, "no_number"),
        ({"ended_at": datetime(2026, 11, 1, tzinfo=UTC)}, "too_long_ago"),
        ({"rang": 3}, "rang_enough"),
        ({"is_open": False}, "closed_hours"),
    ],
)
def test_why_a_customer_cannot_be_called_a_second_time(changed: dict[str, object], why: str | None) -> None:
    usual: dict[str, object] = {
        "is_closed": True, "wants_contact": True, "has_number": True, "is_open": True, "rang": 1,
        "at_most": 3, "ended_at": datetime(2026, 11, 17, tzinfo=UTC),
        "now": datetime(2026, 11, 18, tzinfo=UTC),
    }  # fmt: skip
    assert why_not_call(**(usual | changed)) == why  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["reopened", "no_contact", "in_call"])
def test_no_second_call_to_who_must_not_be_called(database: Database, now: datetime, what: str) -> None:
    anna, amir = staff(database, now, "anna", "amir")
    review_id = drawn_call(database, now, anna.id)
    taken(database, amir, now)
    with database.begin() as session:
        if what == "reopened":
            session.execute(update(Case).values(state="in_progress"))
        if what == "no_contact":
            session.execute(update(Contact).values(do_not_contact=True))
        if what == "in_call":
            session.execute(update(Callback).values(state="in_call", agent_id=anna.id))
    with database.begin() as session, pytest.raises(ForbiddenError):
        calling.reveal(session, review_id, amir, now=now)
    assert saved(database, review_id, amir, now) == "agrees"  # the recording can be listened to


def through_the_pages(database: Database, now: datetime, people: dict[str, User]) -> str:
    """Anna called; the address of the second look."""
    review_id = drawn_call(database, now, people["anna"].id)
    return f"/callbacks/quality/reviews/{review_id}"


def test_the_page_shows_no_answer_before_the_second_person_has_saved(
    database: Database,
    now: datetime,
    people: dict[str, User],
    client_for: Callable[[str], FlaskClient],
    csrf: Csrf,
) -> None:
    path = through_the_pages(database, now, people)
    anna, amir, sven = client_for("anna"), client_for("amir"), client_for("sven")
    assert "No call waits for you" in anna.get("/callbacks/quality").get_data(as_text=True)
    token = csrf(amir, "/callbacks/quality")
    answer = amir.post("/callbacks/quality/next", data={"csrf_token": token})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    page = amir.get(path).get_data(as_text=True)
    assert "checked" not in page
    assert "138" in page
    assert "1380000" not in page
    for other in (anna, sven):
        assert other.get(path).status_code == 404
    nothing_said = amir.post(path, data={"csrf_token": token, **MIXED})
    assert nothing_said.status_code == 422
    assert 'value="4" data-key="4" checked' in nothing_said.get_data(as_text=True)  # nothing typed is lost
    done = amir.post(path, data={"csrf_token": token, "way": "listen", **MIXED, "note": "客户说的是满意"})
    assert (done.status_code, done.headers["Location"]) == (303, f"{path}/result")
    result = amir.get(f"{path}/result").get_data(as_text=True)
    assert "one step apart" in result
    assert "different" in result
    assert "客户说的是满意" in sven.get(f"{path}/result").get_data(as_text=True)
    assert anna.get(f"{path}/result").status_code == 404  # she never learns which of her calls it was


def test_a_reason_without_a_choice_keeps_what_was_typed(
    database: Database,
    now: datetime,
    people: dict[str, User],
    client_for: Callable[[str], FlaskClient],
    csrf: Csrf,
) -> None:
    path = through_the_pages(database, now, people)
    amir = client_for("amir")
    token = csrf(amir, "/callbacks/quality")
    amir.post("/callbacks/quality/next", data={"csrf_token": token})
    refused = amir.post(f"{path}/impossible", data={"csrf_token": token, "note": "没有录音", "overall": "4"})
    assert refused.status_code == 422
    assert "没有录音" in refused.get_data(as_text=True)
    given = {"csrf_token": token, "reason": "no_recording"}
    assert amir.post(f"{path}/impossible", data=given).status_code == 303
    assert "could not be compared" in amir.get("/callbacks/quality").get_data(as_text=True)


@pytest.mark.parametrize("who", ["ada", "sven", "anna", "lena", "aldo"])
def test_an_empty_house_has_pages_for_everybody(client_for: Callable[[str], FlaskClient], who: str) -> None:
    client = client_for(who)
    for page in ("/callbacks/quality", "/callbacks/quality/agreement"):
        assert client.get(page).status_code == 200
    assert client.get("/callbacks/quality/agreement?period=soon").status_code == 400
