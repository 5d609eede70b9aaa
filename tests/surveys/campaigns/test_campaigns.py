"""From a draft to the last answer: drawn once, asked in order, reminded, settled, paused and ended."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from core.contacts import actions as contacts
from core.contacts import wishes
from core.contacts.models import Contact, ContactEvent
from core.db import Database
from core.errors import InputError
from core.outbox import actions as outbox
from core.outbox.channels.choice import senders_for
from core.outbox.jobs import deliver
from core.outbox.messages import SMS_LIMIT
from core.outbox.models import Message
from core.outbox.senders import Letter, TransientError
from surveys import actions as surveys
from surveys import anonymity, hooks, links
from surveys import jobs as surveys_jobs
from surveys.campaigns import actions, jobs
from surveys.campaigns.models import Recipient, Wave
from surveys.models import Invitation
from tests.surveys.campaigns import people as make
from tests.surveys.campaigns.people import DAY, states, tick


def test_everybody_on_the_list_gets_one_link_by_the_way_that_reaches_them(
    database: Database, now: datetime
) -> None:
    make.contacts(database, 2, now=now)
    make.contacts(database, 1, now=now, phones=["010-62345678"], email="wang@example.org")
    make.contacts(database, 1, now=now, phones=["010-62345679"])
    make.started(database, now=now)
    assert tick(database, now)["invited"] == 3
    assert states(database) == {"sent": 3, "skipped no_contact": 1}
    with database.read() as session:
        wave = session.scalars(select(Wave)).one()
        assert (wave.number, wave.population, wave.state) == (1, 4, "running")
        channels = session.scalars(select(Invitation.channel).order_by(Invitation.channel)).all()
        assert channels == ["email", "sms", "sms"]
    assert tick(database, now + timedelta(minutes=1)) == {}
    assert len(make.messages(database)) == 3


def test_a_start_pressed_twice_starts_once(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    with database.begin() as session:
        assert not actions.start(session, number, actor="lena", now=now)
    tick(database, now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Wave)) == 1


def test_a_campaign_that_would_ask_nobody_is_not_started(database: Database, now: datetime) -> None:
    number = make.campaign(database, now=now, source="nowhere")
    with database.begin() as session, pytest.raises(InputError, match="nobody on the list"):
        actions.start(session, number, actor="lena", now=now)
    assert make.get(database, number).state == "draft"


def test_what_has_been_started_cannot_be_changed(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    with database.begin() as session, pytest.raises(actions.StartedError):
        actions.change(
            session, number, title="x", questionnaire_id=1, terms=make.TERMS, actor="lena", now=now
        )


def test_short_messages_fit_one_part_in_both_languages(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    make.contacts(database, 1, now=now, language="en")
    make.started(database, now=now)
    tick(database, now)
    tick(database, now + 4 * DAY)
    found = make.bodies(database)
    assert len(found) == 4  # an invitation and a reminder each
    for body in found:
        realistic = body.replace(database.settings.public_url, "https://hf.example.com")
        assert realistic.startswith("【回访示范供热公司】")
        assert "https://hf.example.com/s/" in realistic
        assert len(realistic) <= SMS_LIMIT, realistic


def test_an_e_mail_names_the_questionnaire_and_the_way_out(database: Database, now: datetime) -> None:
    for language in ("zh_Hans", "en"):
        make.contacts(database, 1, now=now, phones=[], email=f"{language}@example.org", language=language)
    make.started(database, now=now)
    tick(database, now)
    english, chinese = sorted(make.bodies(database), key=lambda body: "您好" in body)
    assert "王小明，您好" in chinese
    assert "不再接收此类邀请" in chinese
    assert "No more such invitations" in english


def test_who_answers_is_not_reminded_and_who_does_not_gets_the_same_link(
    database: Database, now: datetime
) -> None:
    first, second = make.contacts(database, 2, now=now)
    make.started(database, now=now, reminders=2)
    tick(database, now)
    link = make.link_of(database, second)
    make.answer(database, first, now=now + DAY)
    tick(database, now + DAY)
    assert states(database) == {"answered": 1, "sent": 1}
    assert tick(database, now + 3 * DAY + timedelta(minutes=1))["reminded"] == 1
    with database.read() as session:
        message = session.scalars(select(Message).where(Message.purpose == "campaign_reminder")).one()
        assert message.contact_id == second
        reminded = links.link_in(session, message)
    assert reminded is not None
    with database.read() as session:
        again = links.find(session, reminded.rsplit("/", 1)[1])
    assert again == link
    assert tick(database, now + 6 * DAY + timedelta(minutes=2))["reminded"] == 1
    tick(database, now + 13 * DAY)
    assert [purpose for purpose, _state in make.messages(database)].count("campaign_reminder") == 2
    assert tick(database, now + 14 * DAY + timedelta(minutes=1))["expired"] == 1
    assert states(database) == {"answered": 1, "expired no_answer": 1}


def test_the_campaign_is_over_when_nobody_is_under_way(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    tick(database, now)
    make.answer(database, only, now=now)
    tick(database, now + timedelta(minutes=1))
    assert make.get(database, number).state == "ended"
    with database.read() as session:
        assert session.scalars(select(Wave.state)).one() == "closed"


def test_nobody_is_asked_at_night(database: Database, now: datetime) -> None:
    make.contacts(database, 2, now=now)
    make.started(database, now=now)
    night = now + timedelta(hours=12)  # 22:00 in Shanghai
    assert tick(database, night) == {"drawn": 1}
    assert tick(database, now + timedelta(hours=22))["invited"] == 2  # 08:00


def test_who_may_not_be_asked_is_left_out_and_the_reason_is_kept(database: Database, now: datetime) -> None:
    free, asked, silent, flatmate = make.contacts(database, 4, now=now)
    with database.begin() as session:
        contacts.note_contact(session, asked, channel="phone", purpose="callback", now=now - DAY)
        contacts.set_do_not_contact(session, silent, actor="olga", channel="phone", reason="", now=now)
        for number in (asked, flatmate):
            contacts._fill(session, session.get_one(Contact, number), household="1001")
    make.started(database, now=now, cap_days=30)
    tick(database, now)
    found = states(database)
    assert found.pop("sent") == 1
    assert found.pop("skipped dnc") == 1
    assert found.pop("skipped household") == 1
    assert sum(found.values()) == 1
    assert set(found) < {"skipped cap", "skipped cap_household"}
    with database.read() as session:
        assert session.scalars(select(Invitation.contact_id)).one() == free
        noted = select(func.count()).where(ContactEvent.purpose == "not_asked")
        assert session.scalar(noted) == 2  # the ledger of the person says so too


def test_exempt_from_the_cap_but_never_from_a_wish_to_be_left_alone(
    database: Database, now: datetime
) -> None:
    asked, silent = make.contacts(database, 2, now=now)
    with database.begin() as session:
        contacts.note_contact(session, asked, channel="sms", purpose="invitation", now=now - DAY)
        contacts.set_do_not_contact(session, silent, actor="olga", channel="phone", reason="", now=now)
    make.started(database, now=now, cap_days=30, exempt=True)
    tick(database, now)
    assert states(database) == {"sent": 1, "skipped dnc": 1}


def test_the_pace_lets_so_many_out_and_five_minutes_are_made_up_for(
    database: Database, now: datetime
) -> None:
    make.contacts(database, 60, now=now)
    make.started(database, now=now, pace=120)  # two a minute
    assert tick(database, now)["invited"] == 3  # the first minute, and the one that is due
    invited = [tick(database, now + timedelta(seconds=30 * n)).get("invited", 0) for n in range(1, 11)]
    assert invited == [1] * 10
    late = now + timedelta(hours=9)
    assert tick(database, late)["invited"] == 11  # five minutes at two a minute, and the one that is due
    assert tick(database, late + timedelta(seconds=30))["invited"] == 1


def test_a_message_that_fails_or_may_have_been_sent(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.contacts(database, 2, now=now)
    make.started(database, now=now)
    surveys_tick = now
    jobs.draw(database, now=surveys_tick)
    jobs.send(database, now=surveys_tick)
    with database.begin() as session:
        first, second = session.scalars(select(Message.id).order_by(Message.id))
        session.execute(update(Message).where(Message.id == first).values(state="failed"))
        session.execute(update(Message).where(Message.id == second).values(state="uncertain"))
    jobs.settle(database, now=now)
    assert states(database) == {"failed undeliverable": 1, "sent uncertain": 1}
    tick(database, now + timedelta(minutes=1))
    assert sorted(state for _purpose, state in make.messages(database)) == ["failed", "uncertain"]


def test_what_changes_before_the_delivery_stops_it(database: Database, now: datetime) -> None:
    answered, silent, late = make.contacts(database, 3, now=now)
    make.started(database, now=now)
    jobs.draw(database, now=now)
    jobs.send(database, now=now)
    make.answer(database, answered, now=now)
    with database.begin() as session:
        contacts.set_do_not_contact(session, silent, actor="olga", channel="phone", reason="", now=now)
    tick(database, now + timedelta(minutes=1))
    assert sorted(state for _purpose, state in make.messages(database)) == ["cancelled", "cancelled", "sent"]
    assert states(database) == {"answered": 1, "stopped dnc": 1, "sent": 1}
    assert make.link_of(database, late).state == "open"


@pytest.mark.parametrize("is_undone", [True, False])
def test_a_wish_said_in_a_call_stops_a_campaign_once_it_is_certain(
    database: Database, now: datetime, is_undone: bool
) -> None:
    """One is asked already, one is next; for five minutes both only wait."""
    asked, following = make.contacts(database, 2, now=now)
    make.started(database, now=now)
    jobs.draw(database, now=now)
    wish = {"actor": "anna", "channel": "phone", "reason": wishes.BY_CALL, "now": now}
    with database.begin() as session:
        contacts.set_do_not_contact(session, following, **wish)  # type: ignore[arg-type]
    jobs.send(database, now=now)
    with database.begin() as session:
        contacts.set_do_not_contact(session, asked, **wish)  # type: ignore[arg-type]
    tick(database, now + timedelta(minutes=2))
    assert states(database) == {"sending": 1, "planned": 1}
    assert make.messages(database) == [("campaign", "queued")]
    if is_undone:
        with database.begin() as session:
            for each in (asked, following):
                contacts.lift_do_not_contact(
                    session, each, actor="anna", reason="undone", now=now + timedelta(minutes=3)
                )
    for minutes in (8, 9, 10):
        tick(database, now + timedelta(minutes=minutes))
    assert states(database) == ({"sent": 2} if is_undone else {"stopped dnc": 1, "skipped dnc": 1})


def test_days_without_a_mail_server_end_in_a_reason_not_in_a_late_message(
    database: Database, now: datetime
) -> None:
    make.contacts(database, 1, now=now)
    make.started(database, now=now)
    jobs.draw(database, now=now)
    jobs.send(database, now=now)
    tick(database, now + 15 * DAY)
    assert make.messages(database) == [("campaign", "cancelled")]
    tick(database, now + 15 * DAY + timedelta(minutes=1))
    assert set(states(database)) <= {"skipped too_late", "skipped taken_back"}


def test_a_wish_to_hear_no_more_from_a_campaign_counts_everywhere(database: Database, now: datetime) -> None:
    from followup import actions as followup

    followup.listen()
    try:
        [only] = make.contacts(database, 1, now=now)
        make.started(database, now=now, reminders=2)
        tick(database, now)
        with database.begin() as session:
            surveys.opt_out(session, make.link_of(database, only), now=now + DAY)
        with database.read() as session:
            assert session.get_one(Contact, only).do_not_contact
        tick(database, now + 4 * DAY)
        assert states(database) == {"stopped opted_out": 1}
        assert make.messages(database) == [("campaign", "sent")]
    finally:
        hooks.opted_out.clear()
        hooks.answered.clear()


def test_a_pause_holds_back_everything_and_goes_on_where_it_stopped(
    database: Database, now: datetime
) -> None:
    make.contacts(database, 3, now=now)
    number = make.started(database, now=now, pace=30)
    jobs.draw(database, now=now)
    jobs.send(database, now=now)  # one is queued, not delivered
    with database.begin() as session:
        assert actions.pause(session, number, actor="lena", now=now)
        assert not actions.pause(session, number, actor="lena", now=now)
    for n in range(3):
        assert tick(database, now + timedelta(minutes=5 * n)) == {}
    assert make.messages(database) == [("campaign", "queued")]
    later = now + 20 * DAY
    with database.begin() as session:
        assert actions.resume(session, number, actor="lena", now=later)
    tick(database, later)
    tick(database, later + timedelta(minutes=5))
    found = states(database)
    assert found.pop("sent") == 2
    assert set(found) <= {"skipped taken_back", "skipped too_late"}  # its link ran out in the pause


def test_the_end_stops_what_is_planned_and_queued_and_leaves_links_alive(
    database: Database, now: datetime
) -> None:
    ids = make.contacts(database, 4, now=now)
    number = make.started(database, now=now, pace=30)
    tick(database, now)
    later = now + timedelta(minutes=1)
    jobs.send(database, now=later)  # a second one is queued
    with database.begin() as session:
        assert actions.end(session, number, actor="lena", now=later)
        assert not actions.end(session, number, actor="lena", now=later)
    tick(database, later + timedelta(minutes=1))
    assert states(database) == {"sent": 1, "skipped ended": 1, "stopped ended": 2}
    assert sorted(make.messages(database)) == [("campaign", "cancelled"), ("campaign", "sent")]
    with database.read() as session:
        sent = session.scalars(select(Message.contact_id).where(Message.state == "sent")).one()
    assert sent in ids
    make.answer(database, sent, now=later + DAY)
    tick(database, later + DAY)
    assert states(database) == {"answered": 1, "skipped ended": 1, "stopped ended": 2}


def test_a_late_answer_counts_though_we_had_stopped(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    make.started(database, now=now)
    tick(database, now)
    with database.begin() as session:
        contacts.set_do_not_contact(session, only, actor="olga", channel="phone", reason="", now=now)
    tick(database, now + timedelta(minutes=1))
    assert states(database) == {"stopped dnc": 1}
    make.answer(database, only, now=now + DAY)
    tick(database, now + DAY)
    assert states(database) == {"answered": 1}


def test_a_campaign_that_comes_again_draws_each_quarter_once(database: Database, now: datetime) -> None:
    make.contacts(database, 2, now=now)
    number = make.started(database, now=now, schedule="quarterly", starts_on=date(2026, 11, 18), hour=9)
    for n in range(3):
        tick(database, now + timedelta(minutes=n))
    assert make.get(database, number).next_wave_at == datetime(2027, 2, 18, 1, tzinfo=now.tzinfo)
    late = datetime(2027, 9, 1, 2, tzinfo=now.tzinfo)  # down for half a year: two quarters were missed
    for n in range(3):
        tick(database, late + timedelta(minutes=n))
    with database.read() as session:
        waves = session.scalars(select(Wave).order_by(Wave.number)).all()
        assert [wave.number for wave in waves] == [1, 2]
        assert waves[0].seed != waves[1].seed
    found = make.get(database, number)
    assert (found.state, found.next_wave_at) == ("running", datetime(2027, 11, 18, 1, tzinfo=now.tzinfo))


def test_an_anonymous_questionnaire_knows_who_took_part_by_the_day_only(
    database: Database, now: datetime
) -> None:
    from dataclasses import replace

    from core.transitions import history
    from surveys import seeds

    [only] = make.contacts(database, 1, now=now)
    number = make.campaign(database, now=now)
    with database.begin() as session:
        named = surveys.load_version(session, make.get(database, number).questionnaire_id).definition
        version = surveys.publish(session, replace(named, anonymous=True), key="quiet", actor="lena", now=now)
        actions.change(
            session, number, title="x", questionnaire_id=version.questionnaire_id, terms=make.TERMS,
            actor="lena", now=now,
        )  # fmt: skip
        assert seeds.RETURN_VISIT != "quiet"
        actions.start(session, number, actor="lena", now=now)
    tick(database, now)
    at = now + timedelta(hours=5, minutes=17)
    make.answer(database, only, now=at)
    tick(database, at)
    assert states(database) == {"answered": 1}
    with database.read() as session:
        recipient = session.scalars(select(Recipient)).one()
        steps = history(session, "recipient", [recipient.id])
        assert steps[-1].at == anonymity.day_only(session, at)


def test_messages_of_others_are_left_alone_by_a_pause(database: Database, now: datetime) -> None:
    [only] = make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    with database.begin() as session:
        outbox.enqueue(
            session, key="x", channel="sms", purpose="notice", to="13800000000", body="x",
            language="zh_Hans", contact_id=only, subject_type="follow_up", subject_id=1, due_at=now, now=now,
        )  # fmt: skip
        actions.pause(session, number, actor="lena", now=now)
        assert session.scalars(select(Message.due_at)).one() == now


class PausesInTheMiddle:
    """A server that is busy, while somebody presses "pause"."""

    def __init__(self, database: Database, number: int, now: datetime) -> None:
        self.database, self.number, self.now = database, number, now

    def send(self, _letter: Letter) -> str:
        with self.database.begin() as session:
            actions.pause(session, self.number, actor="lena", now=self.now)
        raise TransientError("not now")


def test_a_message_in_the_sending_waits_behind_a_pause_too(database: Database, now: datetime) -> None:
    make.contacts(database, 1, now=now)
    number = make.started(database, now=now)
    surveys_jobs.ask_campaigns(database, now=now)
    busy = PausesInTheMiddle(database, number, now)
    deliver(
        database, now=now, guards=jobs.GUARDS, senders=dict.fromkeys(senders_for(database.settings), busy)
    )
    tick(database, now + timedelta(hours=1))
    assert make.messages(database) == [("campaign", "queued")]
    with database.begin() as session:
        actions.resume(session, number, actor="lena", now=now + timedelta(hours=2))
    tick(database, now + timedelta(hours=2))
    assert make.messages(database) == [("campaign", "sent")]
    assert states(database) == {"sent": 1}
