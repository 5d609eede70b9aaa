"""The comparison of two periods, from the tally."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis import cube, timed
from analysis.breakdown import enriched, pooled
from analysis.compare import (
    FEW_ANSWERS,
    IMPORTANT_POINTS,
    MIN_CELL,
    Comparison,
    ItemComparison,
    PeriodSummary,
    Reason,
    compare_items,
)
from analysis.counting import Sides, item_counts, responses
from analysis.cube import ALL_DIMENSIONS, Cube, Joint, Where
from analysis.disclosing import Rules
from analysis.periods import Period, is_open
from analysis.series import Series, choose, series_of
from analysis.texts import N_, AskedError
from core.seasons.queries import seasons
from core.settings import Settings
from surveys import tallies
from surveys.models import Questionnaire
from surveys.queries import LoadedVersion, questionnaire_keys, versions
from surveys.tallies import MODE

MODES = ("web", "phone", "paper", "import")

_NO_QUESTIONNAIRE = N_("A questionnaire should be one of %(known)s, but is %(found)s.")
_NONE = N_("There is no questionnaire yet: publish one, or import answers with --create.")
_NO_DIMENSION = N_("A dimension should be one of %(known)s, but is %(found)s.")
_NO_VALUE = N_("%(dimension)s should be one of %(known)s, but is %(found)s.")
_NO_FILTER = N_("A filter is written DIMENSION=VALUE, such as district=East, but is %(found)s.")
_OVERLAP = N_(
    "%(before)s and %(after)s share days; the same answers cannot stand on both sides. Choose two periods "
    "that do not overlap."
)
_BACKWARDS = N_("%(before)s is later than %(after)s; write the earlier period as the one before.")


@dataclass(frozen=True)
class Thresholds:
    """From how many answers figures are shown and judged, and which change is important (in points)."""

    min_cell: int = MIN_CELL
    few_answers: int = FEW_ANSWERS
    important_points: float = IMPORTANT_POINTS


def thresholds_of(settings: Settings) -> Thresholds:
    """Return the thresholds of an installation."""
    return Thresholds(settings.min_cell, settings.few_answers, settings.important_points)


def read_filters(filters: Iterable[str]) -> dict[str, list[str]]:
    """Read filters written ``district=East``; several values of one dimension are alternatives."""
    found: dict[str, list[str]] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise AskedError(_NO_FILTER, found=text)
        found.setdefault(name.strip(), []).append(value.strip())
    return found


def comparison(
    session: Session, *, questionnaire: str, before: Period, after: Period, today: date,
    items: Sequence[str] = (), where: Mapping[str, str | Iterable[str]] | None = None, by: str | None = None,
    adjust: Sequence[str] = (), thresholds: Thresholds = Thresholds(), language: str = "en",
    loaded: Sequence[LoadedVersion] = (),
) -> Comparison:  # fmt: skip
    """Compare two periods of one questionnaire.

    Parameters
    ----------
    session : Session
    questionnaire : str
        Its key; ``loaded`` are all its versions, where the caller has them already.
    before, after : Period
        They may not share days.
    today : datetime.date
        The local day; a period that is not over on it gets no verdict.
    items : sequence of str
        Item keys; all when empty. They are one family for the correction.
    where : mapping of dimension to value or values
        Which answers count.
    by : str, optional
        The dimension of the breakdown; ``adjust`` are those that are held constant.
    thresholds : Thresholds
    language : str
        Of the items' and options' words.

    Raises
    ------
    AskedError
        For an unknown questionnaire, item, dimension or value, and for periods that overlap or stand the
        wrong way round.
    """
    _check_periods(before, after, language)
    asked = _checked_where(session, where or {}, by, adjust)
    all_versions = loaded or versions_of(session, questionnaire)
    choose(all_versions, (), items)  # an unknown item is said before anything is read
    sides = _read(
        session, all_versions, items, periods=(before, after), where=asked,
        divided=list(dict.fromkeys([*filter(None, [by]), *adjust])),
        rules=_rules(session, (before, after), today, thresholds.min_cell),
    )  # fmt: skip
    summaries = _summaries(session, all_versions, sides, today=today, min_cell=thresholds.min_cell)
    provisional = any(one.provisional for one in summaries)
    found = _compared(all_versions, sides, items, thresholds, language, provisional=provisional)
    compared = tuple(enriched(one, runs, sides, by=by, adjust=tuple(adjust)) for one, runs in found)
    return Comparison(questionnaire, *summaries, compared, adjustment=tuple(adjust), where=asked, by=by)


def _compared(
    all_versions: Sequence[LoadedVersion], sides: Sides, items: Sequence[str], thresholds: Thresholds,
    language: str, *, provisional: bool,
) -> list[tuple[ItemComparison, Series]]:  # fmt: skip
    """Compare the items that were answered, each with the versions in which it is one and the same."""
    answered = {*sides.before.by_item, *sides.after.by_item}
    chosen = choose(all_versions, answered, items)
    counts = [
        item_counts(one.series, sides, min_cell=thresholds.min_cell, language=language) for one in chosen
    ]
    compared = compare_items(
        counts, min_cell=thresholds.min_cell, few_answers=thresholds.few_answers,
        important_points=thresholds.important_points, provisional=provisional,
    )  # fmt: skip
    return [
        (replace(one, notes=found.notes), found.series) for one, found in zip(compared, chosen, strict=True)
    ]


def versions_of(session: Session, questionnaire: str) -> list[LoadedVersion]:
    """Return all versions of a questionnaire, the oldest first."""
    found = versions(session, questionnaire)
    if not found:
        known = ", ".join(questionnaire_keys(session))
        raise AskedError(_NO_QUESTIONNAIRE, known=known, found=questionnaire) if known else AskedError(_NONE)
    return found


def titles(session: Session) -> dict[str, dict[str, str]]:
    """Return the titles of all questionnaires that have a published version, by key."""
    wanted = select(Questionnaire.key, Questionnaire.title).order_by(Questionnaire.key)
    rows = session.execute(wanted.where(Questionnaire.current_version_id.is_not(None)))
    return {row.key: row.title for row in rows}


def last_answer(session: Session, all_versions: Sequence[LoadedVersion]) -> date | None:
    """Return the last day on which a questionnaire was answered."""
    return cube.last_day(session, _first_items(all_versions))


def _check_periods(before: Period, after: Period, language: str) -> None:
    names = {"before": before.label(language), "after": after.label(language)}
    if before.start < after.end and after.start < before.end:
        raise AskedError(_OVERLAP, **names)
    if before.start > after.start:
        raise AskedError(_BACKWARDS, **names)


def _checked_where(
    session: Session, where: Mapping[str, str | Iterable[str]], by: str | None, adjust: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    for name in [*where, *filter(None, [by]), *adjust]:
        if name not in ALL_DIMENSIONS:
            raise AskedError(_NO_DIMENSION, known=", ".join(ALL_DIMENSIONS), found=name)
    asked = {
        name: (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
        for name, given in where.items()
    }
    if not asked:
        return {}
    known: dict[str, list[str]] = {**cube.known_values(session), MODE: list(MODES)}
    for name, values in asked.items():
        for value in values:
            if value and value not in known[name]:
                said = ", ".join(known[name][:20]) or "-"
                raise AskedError(_NO_VALUE, dimension=name, known=said, found=value)
    return asked


def _read(
    session: Session, all_versions: Sequence[LoadedVersion], items: Sequence[str], *,
    periods: tuple[Period, Period], where: Where, divided: Sequence[str], rules: Rules,
) -> Sides:  # fmt: skip
    wanted = [
        member
        for key, runs in series_of(all_versions).items()
        if not items or key in items
        for run in runs
        for _number, member in run.members
    ]
    ids = {item.id for item in wanted} | set(_first_items(all_versions))
    free = {item.id for item in wanted if item.kind == "number"}
    before, after = (cube.read(session, ids, period, divided, where) for period in periods)
    earlier, later = (cube.numbers(session, free, period, where) if free else {} for period in periods)
    firsts = _first_items(all_versions)
    kinds = {item.id: item.kind for item in wanted} | firsts
    beside = {name: cube.linked(session, name) for name in divided}
    read = tuple(dict.fromkeys(one for names in beside.values() for one in names))
    over_time = timed.read(session, kinds, periods, read, where=where, rules=rules, firsts=firsts)
    scored = [item.id for item in wanted if item.scale]
    joint = {
        name: _joint(session, over_time, scored, tuple(dict.fromkeys([*names, *where])), periods)
        for name, names in beside.items()
        if len(names) > 1
    }
    return Sides(before, after, earlier, later, periods, over_time, joint)


def _joint(
    session: Session, found: timed.Timed, scored: Sequence[int], names: tuple[str, ...],
    periods: Sequence[Period],
) -> tuple[Joint, ...]:  # fmt: skip
    named = ("joint", names, tuple((period.start, period.end) for period in periods))
    return found.known(named, lambda: tuple(cube.joint(session, scored, period, names) for period in periods))


def over_time(
    session: Session, all_versions: Sequence[LoadedVersion], item_ids: Collection[int],
    periods: Sequence[Period], *, where: Where, today: date, min_cell: int, names: Sequence[str] = (),
) -> timed.Timed:  # fmt: skip
    """Return which periods may be shown of some items, for pages that read their answers themselves.

    Parameters
    ----------
    session : Session
    all_versions : sequence of LoadedVersion
        Of the questionnaire.
    item_ids : collection of int
        Rows of its items.
    periods : sequence of Period
        All that will be asked about.
    where : mapping of dimension to values
    today : datetime.date
        The local day.
    min_cell : int
    names : sequence of str
        Dimensions whose parts are shown.
    """
    firsts = _first_items(all_versions)
    kinds = {item.id: item.kind for version in all_versions for item in version.items if item.id in item_ids}
    return timed.read(
        session, kinds | firsts, periods, names, where=where,
        rules=_rules(session, periods, today, min_cell), firsts=firsts,
    )  # fmt: skip


def _rules(session: Session, periods: Sequence[Period], today: date, min_cell: int) -> Rules:
    """Return what decides which periods may be shown; seasons matter only where an end is inside a month."""
    divided = any(day.day > 1 for one in periods for day in (one.start, one.end))
    return Rules(today, min_cell, timed.marks_of(seasons(session)) if divided else frozenset())


def _first_items(all_versions: Sequence[LoadedVersion]) -> dict[int, str]:
    """Return the first item of each version with its kind: every response has a row for it."""
    return {version.items[0].id: version.items[0].kind for version in all_versions if version.items}


def _summaries(
    session: Session, all_versions: Sequence[LoadedVersion], sides: Sides, *, today: date, min_cell: int
) -> tuple[PeriodSummary, PeriodSummary]:
    """Return what the figures of both periods rest on."""
    firsts, over_time = _first_items(all_versions), sides.timed
    by_mode = over_time
    if MODE not in over_time.dimensions:
        by_mode = timed.read(
            session, firsts, sides.periods, [MODE], where=over_time.where, rules=over_time.rules,
            firsts=firsts,
        )  # fmt: skip
    first, second = (
        _summary(
            session, all_versions, period, side, today=today, min_cell=min_cell,
            is_cut=over_time.cuts_responses(period),
            cut_modes=by_mode.parts(firsts, period, MODE, asked=True),
        )
        for period, side in zip(sides.periods, (sides.before, sides.after), strict=True)
    )  # fmt: skip
    return first, second


def _summary(
    session: Session, all_versions: Sequence[LoadedVersion], period: Period, side: Cube, *, today: date,
    min_cell: int, is_cut: bool, cut_modes: Collection[str],
) -> PeriodSummary:  # fmt: skip
    modes, reason = responses(side, _first_items(all_versions), min_cell)
    if reason is None and is_cut and (modes.total() or side.where):
        reason = Reason.CUT
    key = all_versions[-1].questionnaire_key
    invited: int | None = None
    if MODE not in side.where:  # an invitation has no mode yet
        invited = sum(tallies.invited(session, key, period.start, period.end, side.where).values())
    shown = reason is None
    by_mode = pooled(modes, min_cell, cut_modes) if shown else {}
    return PeriodSummary(
        period,
        modes.total() if shown else None,
        invited,
        _responded(modes, by_mode) if shown and invited else None,
        modes=by_mode,
        provisional=is_open(period, today),
        reason=reason,
        as_of=min(today, period.last_day) if is_open(period, today) else None,
    )


def _responded(modes: Mapping[str, int], shown: Mapping[str, int]) -> int | None:
    """Return how many answered by link; None where that may not be told."""
    return None if "web" in modes and "web" not in shown else modes.get("web", 0)
