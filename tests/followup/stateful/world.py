"""What people, clocks and crashes can do to the loop, and what a small model says must come of it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.contacts.actions import set_do_not_contact
from core.contacts.models import Contact
from core.errors import ForbiddenError
from core.outbox.models import Message
from core.outbox.senders import Letter, ServerDownError, UnknownOutcomeError
from followup import jobs
from followup.callbacks import actions as calls
from followup.callbacks import holding, supervising, taking, undoing
from followup.callbacks.before import UNDO
from followup.callbacks.lifecycle import IN_HAND
from followup.callbacks.outcomes import Code
from followup.callbacks.undoing import UndoError
from followup.cases import actions as cases
from followup.lifecycle import OPEN
from followup.models import Attempt, Callback, Case, FollowUp, ReopenRequest
from surveys.models import Invitation
from surveys.parsing import Given
from surveys.views_pages import signature
from tests.followup import factories as make
from tests.followup.stateful import promises
from tests.followup.stateful.stage import START, Stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
CHANNELS = ("sms", "email", "notice")
TROUBLES = ("killed before", "killed after", "down", "no receipt, not taken", "no receipt, taken")
CODES = (
    Code.NO_ANSWER, Code.BUSY, Code.REFUSED_HARD, Code.DO_NOT_CONTACT, Code.SUPERVISOR, Code.DEAD_NUMBER,
    Code.APPT_FIXED,
)  # fmt: skip
PEOPLE = 4
LINK = re.compile(r"/s/([0-9A-Za-z]{22})")
_OPEN_CASES = select(Case.id).where(Case.state.in_(("assigned", "in_progress", "reopened"))).order_by(Case.id)
_OPEN_REQUESTS = select(ReopenRequest).where(ReopenRequest.state == "open").order_by(ReopenRequest.id)
Key = tuple[int, int]  # case and closing


class Killed(BaseException):
    """The process is gone in the middle of a conversation: nobody catches this."""


@dataclass
class Asked:
    """What the model knows about one closing of one case."""

    token: str = ""
    link: str = "none"  # none | open | answered | dead | unsure: the model does not follow every way
    answer_by: datetime = START
    lock_at: datetime = START
    rating: tuple[int, bool] | None = None
    mode: str = ""
    letters: Counter[str] = field(default_factory=Counter)


class World:
    """One example. It is the sender as well: what it takes is what the customers have."""

    def __init__(self, stage: Stage) -> None:
        self.app, self.database, self.now = stage.app, stage.database, START
        number = stage.clear()
        self.trouble = ""
        self.seen: set[str] = set()  # what there is to do, as of the last check
        self.cases: list[int] = []
        self.asked: dict[Key, Asked] = {}
        self.uids: list[str] = []
        self.unwilling: set[int] = set()
        self.refused_undos = 0
        with self.database.begin() as session:
            self.agents = [make.agent(session, f"{name}{number}", now=START) for name in ("anna", "amir")]
            self.contacts = [make.new_contact(session, now=START).id for _n in range(PEOPLE)]

    # the office

    def register(self, kind: str, who: int, *, handled_by_agent: bool) -> None:
        handler = self.agents[1].id if handled_by_agent else None
        with self.database.begin() as session:
            contact = self.contacts[who % PEOPLE]
            case = make.new_case(session, contact, now=self.now, handler_id=handler, kind=kind)
            self.cases.append(case.id)

    def open_cases(self) -> list[int]:
        with self.database.read() as session:
            return list(session.scalars(_OPEN_CASES).all())

    def close(self, which: int) -> None:
        found = self.open_cases()
        with self.database.begin() as session:
            case = session.get_one(Case, found[which % len(found)])
            make.close(session, case, now=self.now)
            self.asked[case.id, case.resolution_no] = Asked()

    def reopen(self, which: int) -> None:
        case_id = self.cases[which % len(self.cases)]
        with self.database.begin() as session:
            case = session.get_one(Case, case_id)
            if case.state == "closed":
                cases.reopen(session, case, actor="sven", reason="again", now=self.now)
                self._case_is_open(case.id)

    def decide(self, which: int, *, agree: bool) -> None:
        with self.database.begin() as session:
            requests = session.scalars(_OPEN_REQUESTS).all()
            request = requests[which % len(requests)]
            if agree:
                cases.accept_reopen(session, request, actor="sven", now=self.now)
                self._case_is_open(request.case_id)
            else:
                cases.decline_reopen(session, request, actor="sven", decision="no", now=self.now)

    def forbid(self, who: int) -> None:
        """A customer tells the office to be left alone; the next tick ends what is open."""
        contact_id = self.contacts[who % PEOPLE]
        with self.database.begin() as session:
            set_do_not_contact(
                session, contact_id, actor="sven", channel="staff", reason="asked", now=self.now
            )
        self._leave_alone(contact_id)

    def _case_is_open(self, case_id: int) -> None:
        for (case, _closing), asked in self.asked.items():
            if case == case_id and asked.rating is None:
                asked.link = "dead" if asked.link != "none" else "none"

    def _leave_alone(self, contact_id: int) -> None:
        self.unwilling.add(contact_id)
        for asked in self.asked.values():
            asked.link = "unsure" if asked.link == "open" else asked.link

    def _may_be_asked(self, contact_id: int) -> None:
        """A wish that was entered by mistake is lifted; what had been asked before is open again or not."""
        with self.database.read() as session:
            assert not session.get_one(Contact, contact_id).do_not_contact
        self.unwilling.discard(contact_id)

    # the clock

    def tick(self, skew: timedelta = timedelta(0), *, trouble: str = "") -> None:
        self.trouble = trouble
        try:
            done = jobs.tick(self.database, now=self.now + skew)
        except Killed:
            return
        finally:
            self.trouble = ""
        failed = {name: counts for name, counts in done.items() if counts.get("failed") and not trouble}
        assert not failed, f"a step failed: {failed}"

    def send(self, letter: Letter) -> str:
        """Take a letter, or get into trouble on the way."""
        if letter.purpose not in {"invitation", "reminder"}:
            return ""
        if self.trouble == "killed before":
            raise Killed
        if self.trouble == "down":
            raise ServerDownError("nobody there")
        if self.trouble == "no receipt, not taken":
            raise UnknownOutcomeError("broke off")
        self._arrived(letter)
        if self.trouble == "killed after":
            raise Killed
        if self.trouble == "no receipt, taken":
            raise UnknownOutcomeError("broke off")
        return ""

    def _arrived(self, letter: Letter) -> None:
        """Look at everything that must hold at the moment when the customer gets it."""
        assert letter.uid not in self.uids, "the same message arrived twice"
        self.uids.append(letter.uid)
        found = LINK.search(letter.body)
        assert found, "a message without its link"
        with self.database.read() as session:
            message = session.scalars(select(Message).where(Message.uid == letter.uid)).one()
            follow_up = session.get_one(FollowUp, message.subject_id)
            case = session.get_one(Case, follow_up.case_id)
            invitation = session.get_one(Invitation, follow_up.invitation_id)
            assert (case.state, case.resolution_no) == ("closed", follow_up.resolution_no), "an open case"
            assert follow_up.state in OPEN, f"{letter.purpose} while the follow-up is {follow_up.state}"
            assert follow_up.contact_id not in self.unwilling, "a message to who wants none"
            assert 8 <= letter.at.astimezone(SHANGHAI).hour < 21, "a message at night"
        asked = self.asked[case.id, follow_up.resolution_no]
        asked.letters[letter.purpose] += 1
        assert asked.token in {"", found.group(1)}, "the reminder has another link"
        if not asked.token:
            asked.token, asked.link, asked.answer_by = found.group(1), "open", invitation.answer_by

    # the customer

    def look(self, which: int) -> None:
        asked = self._with_link(which)
        if asked is not None:
            page = self.app.test_client().get(f"/s/{asked.token}?score=1")
            assert page.status_code in {200, 410}

    def answer(self, which: int, score: int, *, resolved: bool) -> None:
        asked = self._with_link(which)
        if asked is None:
            return
        data = {
            "csrf_token": signature(self.database, asked.token), "overall": str(score),
            "resolved": "2" if resolved else "1", "attitude": "4", "speed": "4", "quality": "4",
        }  # fmt: skip
        page = self.app.test_client().post(f"/s/{asked.token}", data=data)
        taken = page.status_code == 303
        if asked.link == "open" and self.now < asked.answer_by:
            assert taken, f"an open link was refused with {page.status_code}"
        if asked.link == "dead" or (asked.link == "open" and self.now > asked.answer_by + timedelta(hours=2)):
            assert not taken, "a link that was taken back took an answer"
        if asked.link == "answered" and asked.rating != (score, resolved):
            assert taken == (self.now < asked.lock_at), "an answer is changed until it locks, and not after"
        if taken and asked.rating is None:
            asked.lock_at, asked.mode, asked.link = self.now + timedelta(hours=24), "web", "answered"
        if taken:
            asked.rating = (score, resolved)

    def stop(self, which: int) -> None:
        """A customer presses "no more such invitations"."""
        asked = self._with_link(which)
        if asked is None:
            return
        data = {"csrf_token": signature(self.database, asked.token)}
        page = self.app.test_client().post(f"/s/{asked.token}/stop", data=data)
        assert page.status_code in {303, 410}
        if page.status_code == 303:
            asked.link = "dead" if asked.link == "open" else asked.link
            [case_id] = [case for (case, _closing), each in self.asked.items() if each is asked]
            with self.database.read() as session:
                contact_id = session.get_one(Case, case_id).contact_id
            assert contact_id is not None
            self._leave_alone(contact_id)

    def links(self) -> list[Asked]:
        """Return what arrived, what can be answered first."""
        found = [asked for asked in self.asked.values() if asked.token]
        return sorted(found, key=lambda asked: asked.link != "open")

    def _with_link(self, which: int) -> Asked | None:
        links = self.links()
        return links[which % len(links)] if links else None

    # the desk

    def pull(self, agent: int) -> None:
        who = self.agents[agent]
        with self.database.begin() as session:
            callback = taking.pull_next(session, who, now=self.now)
            if callback is None:
                return
            assert callback.handler_id != who.id, "the handler asks about the own work"
            assert callback.agent_id == who.id
            holding.reveal(session, callback.id, who, now=self.now)

    def end_call(self, agent: int, code: Code) -> None:
        callback_id = self._in_hand(agent)
        if callback_id is None:
            return
        later = self.now + timedelta(days=1)
        with self.database.begin() as session:
            contact_id = session.get_one(Callback, callback_id).contact_id
            calls.record_outcome(
                session, callback_id, self.agents[agent], code, note="said so", appointment=later,
                now=self.now,
            )  # fmt: skip
        if code is Code.DO_NOT_CONTACT and contact_id is not None:
            self._leave_alone(contact_id)

    def complete(self, agent: int, score: int, *, resolved: bool) -> None:
        callback_id = self._in_hand(agent)
        if callback_id is None:
            return
        given = {"overall": Given(value=score), "resolved": Given(value=2 if resolved else 1)}
        with self.database.begin() as session:
            callback = session.get_one(Callback, callback_id)
            follow_up = session.get_one(FollowUp, callback.follow_up_id)
            asked = self.asked[follow_up.case_id, follow_up.resolution_no]
            assert asked.rating is None, "asked by phone although the answer is there"
            calls.complete(session, callback_id, self.agents[agent], given, language="zh_Hans", now=self.now)
        asked.rating, asked.mode = (score, resolved), "phone"
        asked.link = "dead" if asked.link != "none" else "none"

    def handler_tries(self, score: int) -> None:
        """The person who handled a case cannot record its rating, whatever the state."""
        with self.database.read() as session:
            own = session.scalars(select(Callback.id).where(Callback.handler_id == self.agents[1].id)).all()
        for callback_id in own:
            try:
                with self.database.begin() as session:
                    given = {"overall": Given(value=1 + score % 5)}
                    calls.complete(
                        session, callback_id, self.agents[1], given, language="zh_Hans", now=self.now
                    )
            except ForbiddenError:
                continue
            raise AssertionError("the handler recorded the rating of the own work")

    def undo(self, which: int) -> None:
        """An agent undoes the last outcome, if the desk offers it; what the desk offers is possible."""
        who = self.agents[which % len(self.agents)]
        with self.database.read() as session:
            offered = undoing.last_undoable(session, who.id, self.now)
            callback_id = self._in_hand(which % len(self.agents))
            in_call = callback_id and session.get_one(Callback, callback_id).state == "in_call"
            if offered is None or in_call:
                return
            attempt = session.get_one(Attempt, offered.attempt_id)
            silenced = (attempt.before or {}).get("silenced")
        try:
            with self.database.begin() as session:
                callback = undoing.undo(session, offered.attempt_id, who, now=self.now)
                follow_up = session.get_one(FollowUp, callback.follow_up_id)
                contact_id, key = callback.contact_id, (follow_up.case_id, follow_up.resolution_no)
                link = session.get(Invitation, follow_up.invitation_id) if follow_up.invitation_id else None
                lives = link is not None and link.state == "open"
        except UndoError:
            self.refused_undos += 1
            return
        assert attempt.ended_at > self.now - UNDO, "undone after its time"
        asked = self.asked[key]
        if attempt.outcome in promises.ANSWERS:
            asked.rating, asked.mode = None, ""
            asked.link = asked.link if asked.link in {"none", "unsure"} else "open" if lives else "dead"
        if silenced and contact_id is not None:
            self._may_be_asked(contact_id)

    def give_back(self, which: int) -> None:
        agent = which % len(self.agents)
        callback_id = self._in_hand(agent)
        if callback_id is not None:
            with self.database.begin() as session:
                holding.release(session, callback_id, self.agents[agent], reason="break", now=self.now)

    def decide_held(self, which: int) -> None:
        with self.database.begin() as session:
            held = session.scalar(select(Callback.id).where(Callback.state == "held").limit(1))
            if held is not None:
                supervising.decide_held(
                    session, held, resume=which % 2 == 0, actor="sven", reason="seen", now=self.now
                )

    def _in_hand(self, agent: int) -> int | None:
        wanted = select(Callback.id).where(
            Callback.agent_id == self.agents[agent].id, Callback.state.in_(IN_HAND)
        )
        with self.database.read() as session:
            found = session.scalars(wanted).all()
        assert len(found) <= 1, "an agent has two callbacks in hand"
        return found[0] if found else None

    # what must hold

    def check(self) -> None:
        with self.database.read() as session:
            promises.check(session, self.asked)
            states = set(session.scalars(select(Callback.state).distinct()))
            there = {
                "open case": session.scalar(_OPEN_CASES.limit(1)) is not None,
                "request": session.scalar(_OPEN_REQUESTS.limit(1)) is not None,
                "ready": "ready" in states,
                "undoable": any(undoing.last_undoable(session, agent.id, self.now) for agent in self.agents),
                "in hand": not states.isdisjoint(IN_HAND),
            }
        self.seen = {what for what, is_there in there.items() if is_there}

    def come_to_rest(self) -> None:
        """Let the clock run on: nothing that is due stays behind."""
        self.now += timedelta(minutes=15)
        for days in (0, 1, 1, 16, 1):
            self.tick()
            morning = self.now.astimezone(SHANGHAI).replace(hour=10, minute=0) + timedelta(days=days)
            self.now = max(self.now + timedelta(minutes=70), morning.astimezone(UTC))
        self.tick()
        self.check()
        with self.database.read() as session:
            promises.check_rest(session)
