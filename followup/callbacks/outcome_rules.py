"""What an administrator may make of the codes of the desk, and why not more. Plain values, no database."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from core.errors import InputError
from core.i18n import _
from followup.callbacks.outcomes import DELIVERED, GAP, Code, Effect, Outcome, Outcomes, offered

SHORTEST_DELAY = 5  # minutes
LONGEST_DELAY = 60 * 24 * 60
MOST_OFTEN = 9
PLACES = ("first", "more", "off")
FIRST_AT_MOST = 8  # that many stand at the desk without scrolling
# What agents must always be able to say: one code of each row stays at the desk. Answers have a button.
ESSENTIAL = (
    (Code.NO_ANSWER,),
    (Code.REFUSED_HARD, Code.REFUSED_SOFT),
    (Code.DO_NOT_CONTACT,),
)
_MAY_BECOME = MappingProxyType(
    {
        Code.BREAKOFF: (Effect.RETRY, Effect.FINISH, Effect.HOLD),
        Code.REFUSED_SOFT: (Effect.RETRY, Effect.FINISH, Effect.HOLD),
        Code.AWAY: (Effect.RETRY, Effect.FINISH, Effect.HOLD),
        Code.LANGUAGE: (Effect.FINISH, Effect.HOLD),
        Code.UNABLE: (Effect.FINISH, Effect.HOLD),
    }
)
_NOT_AGAIN = frozenset({Code.REFUSED_HARD, Code.DO_NOT_CONTACT, Code.DECEASED})


def is_fixed(code: Code) -> bool:
    """Tell whether nothing about a code can be changed: the answers themselves and what the system sets."""
    return code is Code.COMPLETE or not DELIVERED[code].key


def effects_of(code: Code) -> Sequence[Effect]:
    """Return what a code may lead to."""
    return _MAY_BECOME.get(code, (DELIVERED[code].effect,))


def may_end(code: Code) -> bool:
    """Tell whether one such call may be the last; who was only not reached is always called again."""
    return Effect.FINISH in effects_of(code)


def may_say_who(code: Code) -> bool:
    """Tell whether it may be chosen if it was the customer himself who was spoken to."""
    return DELIVERED[code].result == "O" and code is not Code.DECEASED


def may_leave_out(code: Code) -> bool:
    """Tell whether it may be chosen if a callback that ends so belongs to those who should be asked."""
    return DELIVERED[code].result == "O" and DELIVERED[code].effect in {Effect.FINISH, Effect.HOLD}


def must_ask_first(code: Code) -> bool:
    """Tell whether the desk has to ask before it stores the code."""
    return code is Code.DO_NOT_CONTACT


def check(changed: Outcome, outcomes: Outcomes) -> None:
    """Raise ``InputError`` with the reason where the table may not become so."""
    if is_fixed(changed.code):
        raise InputError(_("This code means the same everywhere and cannot be changed."))
    _check_effect(changed)
    _check_waiting(changed)
    _check_group(changed)
    if must_ask_first(changed.code) and not changed.needs_confirmation:
        raise InputError(_("The desk asks before it stores this: it takes effect everywhere at once."))
    _check_places({**outcomes, changed.code: changed})


def _check_effect(changed: Outcome) -> None:
    if changed.effect in effects_of(changed.code):
        return
    delivered = DELIVERED[changed.code]
    if delivered.answers:
        raise InputError(_("Answers end a callback: nobody is asked the same again."))
    if changed.code in _NOT_AGAIN:
        raise InputError(_("After this nobody is called again, and no supervisor can have it otherwise."))
    if delivered.number_dead:
        raise InputError(_("A wrong or dead number always leads to the customer’s other number."))
    if delivered.effect is Effect.APPOINT:
        raise InputError(_("A time that was promised is kept."))
    if delivered.effect is Effect.HOLD:
        raise InputError(_("This always goes to the supervisor."))
    raise InputError(_("One call that reached nobody is no end. Set how often it is tried instead."))


def _check_waiting(changed: Outcome) -> None:
    if not 0 <= changed.at_most <= MOST_OFTEN:
        raise InputError(_("Between 0 and %(most)s times; 0 sets no limit of its own.", most=MOST_OFTEN))
    if changed.effect is not Effect.RETRY:
        return
    if not changed.again_for_complaints and not may_end(changed.code):
        raise InputError(_("Who complained and was not reached is called again like everybody."))
    if not 0 <= changed.delay_minutes <= LONGEST_DELAY:
        raise InputError(_("A new try comes within 60 days; later nobody remembers what it was about."))
    if changed.delay_minutes < SHORTEST_DELAY and not changed.next_workday:
        raise InputError(_("A new try waits 5 minutes at least, or for the next working day."))


def _check_group(changed: Outcome) -> None:
    """The figures of a year must not change their meaning by a tick in a form."""
    delivered = DELIVERED[changed.code]
    if changed.result != delivered.result or changed.connected != delivered.connected:
        raise InputError(_("In which group of the figures a code counts cannot be changed."))
    is_new = changed.contacted != delivered.contacted and not may_say_who(changed.code)
    if not is_new and (changed.eligible == delivered.eligible or may_leave_out(changed.code)):
        return
    if changed.result in {"I", "P", "R"}:
        raise InputError(_("Who answered or refused was reached and belongs to the sample."))
    if is_new:
        raise InputError(_("After such a call the customer counts as not reached."))
    raise InputError(_("Who is called again belongs to those who should be asked."))


def _check_places(outcomes: Outcomes) -> None:
    if any(row.place not in PLACES for row in outcomes.values()):
        raise InputError(_("Choose from the list where the code stands at the desk."))
    for codes in ESSENTIAL:
        if all(outcomes[code].place == "off" for code in codes):
            raise InputError(
                _("Agents must be able to say that nobody answered, that somebody refused, and that somebody "
                  "wants no contact. This code stays at the desk.")
            )  # fmt: skip
    if len(offered(outcomes, "first")) > FIRST_AT_MOST:
        raise InputError(
            _(
                "%(most)s codes have room in sight. Move another one away from there first.",
                most=FIRST_AT_MOST,
            )
        )


def placed_after(changed: Outcome, before: Code | None, outcomes: Outcomes) -> Outcome:
    """Return the code standing behind ``before`` at its place: first without one, last if it is elsewhere."""
    rows = [outcomes[code] for code in offered(outcomes, changed.place) if code is not changed.code]
    codes = [row.code for row in rows]
    n = 0 if before is None else codes.index(before) + 1 if before in codes else len(codes)
    low = rows[n - 1].position if n else 0
    high = rows[n].position if n < len(rows) else low + 2 * GAP
    return replace(changed, position=(low + high) // 2)


def stands_behind(outcome: Outcome, outcomes: Outcomes) -> Code | None:
    """Return the code before this one at its place of the desk."""
    codes = offered(outcomes, outcome.place)
    n = codes.index(outcome.code) if outcome.place != "off" else 0
    return codes[n - 1] if n else None
