"""What an administrator may choose about one code of the desk; what cannot be chosen is not in the form."""

from dataclasses import replace

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from core.i18n import _l
from followup.callbacks import words
from followup.callbacks.outcome_rules import (
    LONGEST_DELAY,
    MOST_OFTEN,
    PLACES,
    effects_of,
    may_end,
    may_leave_out,
    may_say_who,
    must_ask_first,
    placed_after,
    stands_behind,
)
from followup.callbacks.outcomes import Code, Effect, Outcome, Outcomes, offered

UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
UNIT = {"minutes": _l("minutes"), "hours": _l("hours"), "days": _l("days")}
ELIGIBLE = {"yes": True, "no": False, "unknown": None}
ELIGIBLE_WORD = {
    "yes": _l("yes"),
    "no": _l("no: a callback that ends so is left out of the rates"),
    "unknown": _l("not known; counted like yes"),
}
WHOLE = _l("Enter a whole number.")
_WAITING = (
    "amount", "unit", "next_workday", "other_day_part", "next_workday_if_twice", "at_most",
    "again_for_complaints",
)  # fmt: skip


class WholeField(IntegerField):
    """A whole number, with our own sentence for what is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(str(WHOLE)) from None


class OutcomeForm(FlaskForm):
    """One code of the desk."""

    effect = SelectField(_l("After such a call the customer"))
    amount = WholeField(
        _l("Not before"),
        [InputRequired(WHOLE), NumberRange(0, LONGEST_DELAY, message=_l("At most 60 days."))],
    )
    unit = SelectField(_l("Unit"), choices=lambda: list(UNIT.items()))
    next_workday = BooleanField(_l("On another working day"))
    other_day_part = BooleanField(_l("In another part of the day (morning, afternoon, evening)"))
    next_workday_if_twice = BooleanField(_l("Twice in a row: on another working day"))
    at_most = WholeField(
        _l("Such calls at most"),
        [InputRequired(WHOLE), NumberRange(0, MOST_OFTEN, message=_l("Between %(min)s and %(max)s."))],
    )
    again_for_complaints = BooleanField(_l("Also where the case is a complaint"))
    contacted = BooleanField(_l("The customer was spoken to"))
    eligible = SelectField(
        _l("Belongs to those who should be asked"), choices=lambda: list(ELIGIBLE_WORD.items())
    )
    needs_note = BooleanField(_l("A note is required"))
    needs_confirmation = BooleanField(_l("The desk asks before it stores it"))
    place = SelectField(_l("Where it stands"), choices=lambda: [(p, words.PLACE[p]) for p in PLACES])
    behind = SelectField(_l("Stands behind"))
    seen = HiddenField()

    def fit(self, outcome: Outcome, outcomes: Outcomes) -> None:
        """Leave out what cannot be chosen for this code, and offer what can."""
        possible = effects_of(outcome.code)
        gone = [] if len(possible) > 1 else ["effect"]
        gone += _WAITING if Effect.RETRY not in possible else [] if may_end(outcome.code) else _WAITING[-1:]
        gone += [] if may_say_who(outcome.code) else ["contacted"]
        gone += [] if may_leave_out(outcome.code) else ["eligible"]
        gone += ["needs_confirmation"] if must_ask_first(outcome.code) else []
        self.effect.choices = [(str(effect), words.EFFECT[effect]) for effect in possible]
        self.behind.choices = [("", _l("nothing: it is the first"))] + [
            (str(code), words.OUTCOME[code])
            for place in ("first", "more")
            for code in offered(outcomes, place)
            if code is not outcome.code
        ]
        for name in gone:
            del self[name]

    def changed(self, outcome: Outcome, outcomes: Outcomes) -> Outcome:
        """Return the code as it was filled in."""
        given = {name: field.data for name, field in self._fields.items() if name in Outcome.__slots__}
        if "effect" in given:
            given["effect"] = Effect(given["effect"])
        if "eligible" in given:
            given["eligible"] = ELIGIBLE[given["eligible"]]
        if self.amount is not None:
            given["delay_minutes"] = (self.amount.data or 0) * UNITS[self.unit.data]
        changed = replace(outcome, **given)
        behind = Code(self.behind.data) if self.behind.data else None
        if changed.place == "off" or (changed.place, behind) == (
            outcome.place,
            stands_behind(outcome, outcomes),
        ):
            return changed
        return placed_after(changed, behind, outcomes)


def filled(outcome: Outcome, outcomes: Outcomes, seen: str) -> dict[str, object]:
    """Return what the form starts with."""
    unit = next(u for u in ("days", "hours", "minutes") if outcome.delay_minutes % UNITS[u] == 0)
    unit = unit if outcome.delay_minutes else "minutes"
    known = {name: getattr(outcome, name) for name in Outcome.__slots__}
    return known | {
        "effect": str(outcome.effect),
        "amount": outcome.delay_minutes // UNITS[unit],
        "unit": unit,
        "eligible": next(word for word, meant in ELIGIBLE.items() if meant is outcome.eligible),
        "behind": str(stands_behind(outcome, outcomes) or ""),
        "seen": seen,
    }
