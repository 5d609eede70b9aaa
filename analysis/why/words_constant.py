"""Why a figure changed, in words: the cards on the way of answering and on a constant mix."""

from analysis import labels
from analysis.texts import N_
from analysis.verdicts import percent
from analysis.why.contributions import Breakdown
from analysis.why.results import Constant, Why
from analysis.why.telling import NONE, Card, Speaker, Table, count, dimension, share
from surveys.tallies import MODE

_METHODS = {
    "standardised": N_("Standardised: %(names)s"),
    "raked": N_("Raked to the margins of both periods: %(names)s"),
    "register": N_("Raked to the closed cases: %(names)s"),
}
_MODE_CANNOT = N_(
    "Standardising removes the changed mix of ways, not the effect of the way itself: who is called and who "
    "answers by link chose that, or was chosen. Only asking a small share at random by one way or the other "
    "would show it."
)
_CONSTANT_CANNOT = N_(
    "Weighting corrects for what is recorded and for nothing else. The ranges take the weights as fixed; "
    "unequal weights cost answers, which the effective number shows."
)


def mode_card(found: Why, tell: Speaker) -> Card | None:
    """Tell how the way of answering shifted, the standardised figure first where it did."""
    part = next((part for part in found.breakdowns if part.dimension == MODE), None)
    if part is None or found.shift is None:
        return None
    shift = found.shift
    values = {
        "mode": labels.value_label(MODE, shift.name),
        "one": percent(shift.before), "other": percent(shift.after),
    }  # fmt: skip
    said = []
    held = next((one for one in found.constants if one.dimensions == (MODE,) and one.diff is not None), None)
    if shift.marked and held is not None:
        said.append(_held(held, part, tell))
    template = N_("The way of answering hardly shifted: %(mode)s, %(one)s of the answers and then %(other)s.")
    if shift.marked:
        template = N_("The way of answering shifted: %(mode)s, %(one)s of the answers and then %(other)s.")
    said.append(tell.say(template, **values))
    if shift.is_break:
        said.append(tell.translate(N_("That is more than 10 points: do not join the two periods by a line.")))
    return Card(
        "mode", tell.translate(N_("The way of answering")), tuple(said), (_modes_table(part, tell),),
        (tell.translate(_MODE_CANNOT),),
    )  # fmt: skip


def _held(one: Constant, part: Breakdown, tell: Speaker) -> str:
    template = N_(
        "With the way of answering held constant the change is %(held)s points instead of %(plain)s."
    )
    return tell.say(template, held=tell.points(one.diff or 0.0, one.ci95), plain=tell.points(part.top.total))


def _modes_table(part: Breakdown, tell: Speaker) -> Table:
    n1, n2 = (sum(getattr(group, side).n for group in part.groups) for side in ("before", "after"))
    rows = [
        (
            labels.value_label(MODE, group.name),
            f"{percent(group.before.n / n1)} ({count(group.before.n)})",
            f"{percent(group.after.n / n2)} ({count(group.after.n)})",
            share(group.before), share(group.after),
            NONE if group.change.diff is None else tell.points(group.change.diff, group.change.ci95),
        )
        for group in part.groups
    ]  # fmt: skip
    head = (
        str(labels.DIMENSION[MODE]), tell.say(N_("Of the answers, %(before)s")),
        tell.say(N_("Of the answers, %(after)s")), tell.say(N_("Satisfied, %(before)s")),
        tell.say(N_("Satisfied, %(after)s")), tell.translate(N_("Own change, points (range)")),
    )  # fmt: skip
    return Table(tell.translate(N_("Within each way of answering")), head, tuple(rows))


def constant_card(found: Why, tell: Speaker) -> Card | None:
    """Tell what the figures are under one mix."""
    made = [one for one in found.constants if one.diff is not None]
    part = found.largest
    if not made or part is None:
        return None
    first = made[0]
    template = N_("With %(names)s held constant the change is %(held)s points; as answered it is %(plain)s.")
    said = [
        tell.say(
            template, names=_names(first.dimensions, tell), held=tell.points(first.diff or 0.0, first.ci95),
            plain=tell.points(part.top.total),
        )
    ]  # fmt: skip
    said += [note for one in found.constants for note in _notes(one, tell)]
    rows = tuple(_constant_row(one, tell) for one in made)
    head = (
        tell.translate(N_("Held constant")), tell.say(N_("Satisfied, %(before)s")),
        tell.say(N_("Satisfied, %(after)s")), tell.translate(N_("Change, points (range)")),
        tell.translate(N_("Answers used")), tell.translate(N_("Effective number of answers")),
    )  # fmt: skip
    return Card(
        "constant", tell.translate(N_("With the mix held constant")), tuple(dict.fromkeys(said)),
        (Table(tell.translate(N_("Both periods under one mix")), head, rows),),
        (tell.translate(_CONSTANT_CANNOT),),
    )  # fmt: skip


def _constant_row(one: Constant, tell: Speaker) -> tuple[str, ...]:
    used = NONE if one.effective is None else " / ".join(count(round(n)) for n in one.effective)
    return (
        tell.say(_METHODS[one.method], names=_names(one.dimensions, tell)),
        percent(one.before or 0.0, 1), percent(one.after or 0.0, 1),
        tell.points(one.diff or 0.0, one.ci95), percent(one.covered, 0), used,
    )  # fmt: skip


def _notes(one: Constant, tell: Speaker) -> list[str]:
    said = []
    name = tell.say(_METHODS[one.method], names=_names(one.dimensions, tell))
    if one.diff is None:
        said.append(
            tell.say(N_("%(method)s: could not be made, the periods have too little in common."), method=name)
        )
    elif not one.converged:
        template = N_("%(method)s: the margins could not all be reached; read it with care.")
        said.append(tell.say(template, method=name))
    if one.left_out:
        template = N_("Not raked, because a group has no answers in one of the periods: %(names)s.")
        said.append(tell.say(template, names=_names(one.left_out, tell)))
    return said


def _names(dimensions: tuple[str, ...], tell: Speaker) -> str:
    return tell.translate(N_(", ")).join(dimension(name) for name in dimensions) or NONE
