"""What an open desk is told: is the callback still in the agent's hands, and if not, what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.contacts.models import Contact
from core.db import settings_of
from core.errors import ForbiddenError, NotFoundError
from core.i18n import _, _l, language, said_moment
from core.transitions import Transition
from followup.callbacks.lifecycle import CALLBACKS, IN_HAND
from followup.callbacks.taking import Agent
from followup.models import Callback

RAN_OUT = "lease expired"  # why the system gave a callback back
TAKING = frozenset({"claim", "take_over", "undo"})
SAME_VERSION = frozenset({"dial", "take_up", "wake"})  # steps that leave the callback's version as it is
UNTOUCHED = SAME_VERSION | {"claim", "release", "reassign"}  # went round, but nobody recorded anything
# Final code -> what the desk is told.
_ENDED = {
    "SELF_DONE": (
        "answered",
        _l("The customer answered by link at %(when)s. Nothing more has to be asked."),
    ),
    "VOID_REOPENED": (
        "reopened",
        _l("The case was opened again at %(when)s. Nothing more has to be asked now."),
    ),
    "DO_NOT_CONTACT": (
        "stopped",
        _l("The customer asked for no more contact at %(when)s. End the call politely."),
    ),
}
# Built once: every open desk asks it every five seconds.
_ONE = (
    select(
        Callback.state, Callback.version, Callback.agent_id, Callback.outcome, Callback.lease_until,
        Callback.ended_at, Contact.do_not_contact, User.display_name,
    )
    .outerjoin(Contact, Contact.id == Callback.contact_id)
    .outerjoin(User, User.id == Callback.agent_id)
    .where(Callback.id == bindparam("callback"))
)  # fmt: skip
LOOKED_AT = 40  # steps back; a page older than that is too old to tell


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of a callback, with the name of who took it."""

    event: str
    old: str
    actor: str
    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """How an agent came to hold a callback, and everything after that, the newest first."""

    hold: Happening
    after: tuple[Happening, ...]

    def is_untouched(self, agent: Agent) -> bool:
        """Tell whether the hold was this agent's, and nobody recorded or decided anything since."""
        return self.is_of(agent) and all(each.event in UNTOUCHED for each in self.after)

    def ran_out(self) -> bool:
        """Tell whether the lease ended by itself: nobody gave the callback back or took it away."""
        last = next((each for each in self.after if each.event not in SAME_VERSION), None)
        return last is not None and last.event == "release" and last.reason == RAN_OUT

    def is_of(self, agent: Agent) -> bool:
        """Tell whether the hold was this agent's."""
        return self.hold.event in TAKING and self.hold.actor == agent.name

    def has_dialled(self, agent: Agent) -> bool:
        """Tell whether this agent was in the call."""
        dialled = any(each.event == "dial" and each.actor == agent.name for each in self.after)
        return dialled or self.hold.event == "undo" or self.hold.old == "in_call"


@dataclass(frozen=True, slots=True)
class _Row:
    state: str
    version: int
    agent_id: int | None
    outcome: str
    lease_until: datetime | None
    ended_at: datetime | None
    do_not_contact: bool | None
    holder: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the open desk shows: ``state`` is yours, answered, reopened, stopped, taken or over."""

    state: str
    message: str = ""
    seconds: int = 0
    may_save: bool = False  # an outcome that is sent now is taken
    may_keep: bool = False  # a sign of life takes it up again
    may_try: bool = False  # one that is sent later may be: nobody recorded anything so far
    may_note: bool = False  # what was typed can be kept with the call that ended by itself


def happenings(session: Session, callback_id: int) -> list[Happening]:
    """Return what was done to a callback, the newest first."""
    wanted = (
        select(
            Transition.event, Transition.old, Transition.actor, User.display_name, Transition.reason,
            Transition.at,
        )
        .outerjoin(User, User.name == Transition.actor)
        .where(Transition.machine == CALLBACKS.name, Transition.subject_id == callback_id)
    )  # fmt: skip
    rows = session.execute(wanted.order_by(Transition.id.desc()).limit(LOOKED_AT))
    return [Happening(event, old, actor, name or actor, why, at) for event, old, actor, name, why, at in rows]


def since(happened: Sequence[Happening], present: int, shown: int) -> Past | None:
    """Return the hold that a page of version ``shown`` belongs to, and what happened after it.

    Every step but those of ``SAME_VERSION`` raises the version by one, so it can be counted back; None where
    that does not come out.
    """
    after: list[Happening] = []
    steps = present - shown
    for happening in happened:
        if happening.event not in SAME_VERSION:
            if steps == 0:
                return Past(happening, tuple(after))
            steps -= 1
        after.append(happening)
    return None


def standing(
    session: Session, callback_id: int, agent: Agent, *, version: int | None, now: datetime
) -> Standing:
    """Tell an agent how a callback stands that is or was in this agent's hands. Reads, extends nothing."""
    row = _row(session, callback_id)
    is_mine = row.agent_id == agent.id and row.state in IN_HAND
    if is_mine and (version is None or row.version <= version):
        return _yours(row, now)
    happened = happenings(session, callback_id)
    if not any(each.actor == agent.name and each.event in TAKING for each in happened):
        raise ForbiddenError(_("This callback was never in your hands."))
    past = since(happened, row.version, version if version is not None else row.version)
    clean = past is not None and past.is_untouched(agent)
    if is_mine:
        return _yours(row, now) if clean else Standing("over", _recorded_here())
    return _gone(session, row, happened, agent, clean=clean, now=now)


def _row(session: Session, callback_id: int) -> _Row:
    found = session.execute(_ONE, {"callback": callback_id}).first()
    if found is None:
        raise NotFoundError(_("There is no such callback; the queue shows what is there."))
    return _Row(*found)


def _yours(row: _Row, now: datetime) -> Standing:
    left = max(0, int((row.lease_until - now).total_seconds())) if row.lease_until else 0
    if row.do_not_contact:
        said = _(
            "This customer has just asked for no more contact. End the call and choose “Do not contact”."
        )
        return Standing("stopped", said, left, may_save=True)
    return Standing("yours", "", left, may_save=True)


def _gone(
    session: Session,
    row: _Row,
    happened: Sequence[Happening],
    agent: Agent,
    *,
    clean: bool,
    now: datetime,
) -> Standing:
    last = next((each for each in happened if each.event not in SAME_VERSION), happened[0])
    when = said_clock(session, row.ended_at or last.at, now)
    if row.state == "cancelled":
        return _cancelled(row.outcome, when, may_note=_ended_my_call(happened, agent))
    if row.state in IN_HAND:
        said = _in_other_hands(row, last, when, clean=clean)
        return Standing("taken", said, may_save=clean and row.state == "claimed", may_try=clean)
    if not clean:
        mine = last.actor == agent.name
        return Standing(
            "over", _recorded_here() if mine else _("%(name)s has finished this call.", name=last.who)
        )
    ran_out = last.reason == RAN_OUT
    if ran_out:
        said = _("Your time for this callback ran out. Nobody has called since: what you typed can be saved.")
    elif last.actor == agent.name:
        said = _("You have given this callback back in another window.")
    else:
        said = _("%(name)s has put this callback back into the queue.", name=last.who)
    is_free = row.state == "ready"
    return Standing("over", said, may_save=is_free, may_keep=is_free and ran_out, may_try=True)


def _in_other_hands(row: _Row, last: Happening, when: str, *, clean: bool) -> str:
    if last.event == "take_over":
        return _("%(name)s has taken this call over at %(when)s.", name=row.holder, when=when)
    if row.state == "claimed" and clean:
        return _(
            "%(name)s has this callback since %(when)s and has not called yet: what you typed can be saved.",
            name=row.holder, when=when,
        )  # fmt: skip
    return _("%(name)s has been calling since %(when)s.", name=row.holder, when=when)


def _cancelled(outcome: str, when: str, *, may_note: bool) -> Standing:
    state, said = _ENDED.get(outcome, ("over", _l("This callback was ended at %(when)s.")))
    return Standing(state, str(said) % {"when": when}, may_note=may_note)


def _ended_my_call(happened: Sequence[Happening], agent: Agent) -> bool:
    """Tell whether the callback was cancelled while this agent was in the call."""
    taken = next((each for each in happened if each.event in TAKING), None)
    return happened[0].old == "in_call" and taken is not None and taken.actor == agent.name


def _recorded_here() -> str:
    return _("You have recorded this call already, in another window.")


def said_clock(session: Session, at: datetime, now: datetime) -> str:
    """Say a time of today by the clock alone."""
    zone = settings_of(session).zone
    if at.astimezone(zone).date() == now.astimezone(zone).date():
        return f"{at.astimezone(zone):%H:%M}"
    return said_moment(at, language(), zone, now)
