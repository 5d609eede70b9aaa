"""Why a figure changed, in words: the cards on mix, way of answering and constant mix."""

from collections.abc import Callable

from analysis import labels
from analysis.compare import reason_text
from analysis.texts import N_, Translate
from analysis.verdicts import Code, Verdict, percent
from analysis.why.contributions import Breakdown, Group
from analysis.why.results import Why
from analysis.why.telling import NONE, Card, Speaker, Table, count, dimension, share
from analysis.why.words_constant import constant_card, mode_card
from analysis.why.words_people import answered_card, recovered_card

_MIX_CANNOT = N_(
    "A changed mix says who answered, not why. Only what is recorded can be looked at, and groups that were "
    "asked differently need not be alike in anything else."
)
_ONE_BY_ONE = N_(
    "Each line takes the same change apart by another dimension. The dimensions overlap, so their mixes must "
    "not be added up."
)
_NO_VERDICTS = N_("With many groups some move by chance: what stands out here is a lead to be checked.")
_UNSURE = frozenset({Code.UNCLEAR, Code.MIXED, Code.UNCHANGED})
SHOWN = 0.0005  # less is shown as 0 points


def cards(found: Why, translate: Translate, names: tuple[str, str]) -> list[Card]:
    """Tell why a figure changed.

    Parameters
    ----------
    found : Why
    translate : callable
        Gives the reader's language; the words of groups and dimensions follow the language of the request
        or of the job.
    names : tuple of str
        What the two periods are called.

    Returns
    -------
    list of Card
        Empty where nothing may be shown; `obstacle` says why.
    """
    tell = Speaker(translate, names)
    makers: list[Callable[[Why, Speaker], Card | None]] = [
        _mix_card, mode_card, constant_card, answered_card, recovered_card,
    ]  # fmt: skip
    return [card for make in makers if (card := make(found, tell)) is not None]


def obstacle(found: Why, translate: Translate, *, min_cell: int) -> str:
    """Say why there is nothing to tell; empty where there is."""
    if found.item is None:
        return translate(N_("This questionnaire has no question with a scale."))
    if found.reason is None:
        return ""
    reason = reason_text(found.reason, translate, min_cell=min_cell)
    return translate(N_("There is nothing to take apart: %(reason)s.")) % {"reason": reason}


def unsure(verdict: Verdict) -> bool:
    """Whether no clear change was found, so that its parts may be chance."""
    return verdict.code in _UNSURE


def doubt(found: Why, translate: Translate) -> str:
    """Say that what is taken apart may be chance; empty where the change is clear or nothing was judged."""
    verdict = found.item.verdict if found.item else None
    if verdict is None or not unsure(verdict) or verdict.diff is None or verdict.ci95 is None:
        return ""
    template = N_(
        "The change itself is not clear: %(total)s points (plausible range %(range)s). What is taken apart "
        "here may be chance."
    )
    tell = Speaker(translate, ("", ""))
    return translate(template) % {"total": tell.points(verdict.diff), "range": tell.range(verdict.ci95)}


def headline(found: Why, translate: Translate) -> str:
    """Say in one sentence what explains most, or that the mix explains little."""
    part = found.largest
    if part is None:
        return translate(N_("All who answered are one group, so nothing can be taken apart."))
    return headline_of(part, translate)


def headline_of(part: Breakdown, translate: Translate) -> str:
    """Say how much of the change is mix by the dimension that explains most."""
    tell = Speaker(translate, ("", ""))
    values = {
        "total": tell.points(part.top.total), "within": tell.points(part.top.within),
        "mix": tell.points(part.top.composition, part.drawn_top.composition if part.drawn_top else None),
        "dimension": dimension(part.dimension),
    }  # fmt: skip
    return translate(_template(part)) % values


def _template(part: Breakdown) -> str:
    if part.top.reversed:
        return N_(
            "The change of %(total)s points is one of mix: by %(dimension)s, %(mix)s points come from the "
            "changed mix, and within the groups it was %(within)s."
        )
    if explains_little(part):
        return N_(
            "A changed mix explains little: even by %(dimension)s it adds only %(mix)s of the %(total)s "
            "points; within the groups it was %(within)s."
        )
    if opposes(part):
        return N_(
            "A changed mix worked against the change of %(total)s points: by %(dimension)s it adds %(mix)s, "
            "more than by any other dimension; within the groups it was %(within)s."
        )
    return N_(
        "Of the change of %(total)s points, %(mix)s come from a changed mix by %(dimension)s, more than by "
        "any other dimension; within the groups it was %(within)s."
    )


def explains_little(part: Breakdown) -> bool:
    """Say whether the mix is under half a point or under a tenth of the change."""
    mix = abs(part.top.composition)
    return mix < 0.005 or mix < abs(part.top.total) / 10


def may_be_chance(part: Breakdown) -> bool:
    """Say whether what the mix adds has a plausible range with 0 in it."""
    if part.drawn_top is None:
        return False
    low, high = part.drawn_top.composition
    return low <= 0 <= high


def opposes(part: Breakdown) -> bool:
    """Say whether the mix moved the other way than the total."""
    return part.top.composition * part.top.total < 0


def explains_all(part: Breakdown) -> bool:
    """Say whether nine tenths of the change and more are mix."""
    return part.top.composition * part.top.total > 0.9 * part.top.total**2


def simpson(part: Breakdown, tell: Speaker) -> tuple[str, ...]:
    """Say where parts and total move in opposite directions."""
    said: list[str] = []
    if abs(part.top.total) < SHOWN:
        return ()  # against nothing nothing moves
    if part.top.reversed:
        template = N_(
            "Simpson's paradox: the total moved by %(total)s points, the groups taken together by %(within)s."
        )
        said.append(
            tell.say(template, total=tell.points(part.top.total), within=tell.points(part.top.within))
        )
    if part.opposed:
        names = tell.translate(N_("; ")).join(_own_change(part, group, tell) for group in part.opposed)
        said.append(tell.say(N_("Against the total moved: %(names)s."), names=names))
        if not any(_clear(group) for group in part.opposed):
            said.append(
                tell.translate(N_("None of them is clear by itself; it could be sampling variation."))
            )
    return tuple(said)


def _clear(group: Group) -> bool:
    interval = group.change.ci95
    return interval is not None and (interval[0] > 0 or interval[1] < 0)


def _own_change(part: Breakdown, group: Group, tell: Speaker) -> str:
    name = labels.value_label(part.dimension, group.name)
    if group.change.diff is None or group.change.ci95 is None:
        return name
    return f"{name} {tell.points(group.change.diff, group.change.ci95)}"


def _mix_card(found: Why, tell: Speaker) -> Card | None:
    if not found.breakdowns:
        return None
    flags = [said for part in found.breakdowns[:1] for said in simpson(part, tell)]
    guarded = tell.translate(N_(", ")).join(str(labels.DIMENSION[name]) for name in found.guarded)
    if guarded:
        template = N_("Not shown, because a small group could be worked out from it: %(names)s.")
        flags.append(tell.say(template, names=guarded))
    parts = sorted(found.breakdowns, key=lambda part: part is not found.largest)
    return Card(
        "mix",
        tell.translate(N_("A changed mix of those who answered")),
        (headline(found, tell.translate), *flags),
        (_dimensions_table(found, tell),),
        (tell.translate(_ONE_BY_ONE), tell.translate(_MIX_CANNOT)),
        tuple(_dimension_card(part, tell) for part in parts),
    )


def _dimensions_table(found: Why, tell: Speaker) -> Table:
    rows = [
        (
            str(labels.DIMENSION[part.dimension]),
            tell.points(part.top.within, part.drawn_top.within if part.drawn_top else None),
            tell.points(part.top.composition, part.drawn_top.composition if part.drawn_top else None),
            f"{part.mean.within:+.3f}", f"{part.mean.composition:+.3f}",
            percent(part.moved, 0),
        )
        for part in found.breakdowns
    ]  # fmt: skip
    head = (
        tell.translate(N_("Taken apart by")), tell.translate(N_("Within the groups, points (range)")),
        tell.translate(N_("Changed mix, points (range)")), tell.translate(N_("Within, mean")),
        tell.translate(N_("Mix, mean")), tell.translate(N_("Answers in other groups")),
    )  # fmt: skip
    return Table(tell.translate(N_("The change taken apart by each dimension")), head, tuple(rows))


def _dimension_card(part: Breakdown, tell: Speaker) -> Card:
    template = N_("By %(dimension)s: %(total)s = %(within)s within the groups, %(mix)s from their mix.")
    said = tell.say(
        template, dimension=dimension(part.dimension), total=tell.points(part.top.total),
        within=tell.points(part.top.within), mix=tell.points(part.top.composition),
    )  # fmt: skip
    lost = tell.translate(N_(", ")).join(
        labels.value_label(part.dimension, name) for name in part.top.one_sided
    )
    one_sided = N_("Answered in one period only, so all of it counts as mix: %(names)s.")
    more = (tell.say(one_sided, names=lost),) if lost else ()
    return Card(
        f"mix-{part.dimension}", str(labels.DIMENSION[part.dimension]),
        (said, *simpson(part, tell), *more), (groups_table(part, tell),), (tell.translate(_NO_VERDICTS),),
    )  # fmt: skip


def groups_table(part: Breakdown, tell: Speaker) -> Table:
    """Return the groups of one dimension by name, with what each adds to the change."""
    rows = [
        (
            labels.value_label(part.dimension, group.name), count(group.before.n), count(group.after.n),
            share(group.before), share(group.after),
            NONE if group.change.diff is None else tell.points(group.change.diff, group.change.ci95),
            tell.points(group.within), tell.points(group.composition),
        )
        for group in part.groups
    ]  # fmt: skip
    head = (
        str(labels.DIMENSION[part.dimension]),
        tell.say(N_("n, %(before)s")), tell.say(N_("n, %(after)s")),
        tell.say(N_("Satisfied, %(before)s")), tell.say(N_("Satisfied, %(after)s")),
        tell.translate(N_("Own change, points (range)")), tell.translate(N_("Adds within")),
        tell.translate(N_("Adds by mix")),
    )  # fmt: skip
    return Table(str(labels.DIMENSION[part.dimension]), head, tuple(rows))
