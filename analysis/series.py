"""Items over the versions of a questionnaire: which answers may be put together.

A series goes on from one version to the next while the decision is ``same`` or ``reworded``. A ``break``,
another kind, scale or set of options ends it, and nothing is ever pooled across: two scales with different
words mean different things.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from analysis.texts import N_, AskedError, Note
from surveys.comparability import decisions
from surveys.queries import LoadedItem, LoadedVersion

_SCALE = N_(
    "Version %(version)s asks this on another scale (%(new)s instead of %(old)s). The words mean different "
    "things, so answers to earlier versions are left out."
)
_BREAK = N_(
    "Version %(version)s asks something else under this name, so answers to earlier versions are left out."
)
_REWORDED = N_("The wording changed with version %(version)s; the answers are still taken together.")
_UNKNOWN_ITEM = N_("An item should be one of %(known)s, but is %(found)s.")


@dataclass
class Series:
    """One item over neighbouring versions without a break; the last member has the present wording."""

    members: list[tuple[int, LoadedItem]]  # version number and item
    began_with: Note | None = None  # why what was before is left out
    reworded: list[int] = field(default_factory=list)

    @property
    def item(self) -> LoadedItem:
        """The item in its newest wording."""
        return self.members[-1][1]

    @property
    def item_ids(self) -> frozenset[int]:
        """The rows to which the answers point."""
        return frozenset(item.id for _number, item in self.members)


@dataclass(frozen=True)
class Chosen:
    """The series of one item that is compared, with what the reader has to know about it."""

    series: Series
    notes: tuple[Note, ...]


def series_of(versions: Sequence[LoadedVersion]) -> dict[str, list[Series]]:
    """Return for each item key its series, the oldest first; keys of the newest version come first."""
    found: dict[str, list[Series]] = {
        item.item_key: [] for version in reversed(versions) for item in version.items
    }
    previous: LoadedVersion | None = None
    for version in versions:
        made = decisions(previous.definition, version.definition) if previous else {}
        for item in version.items:
            runs = found[item.item_key]
            decision = made.get(item.item_key, "break")
            if decision == "break" or not runs:
                runs.append(Series([(version.number, item)], _why(runs, version, item)))
                continue
            runs[-1].members.append((version.number, item))
            if decision == "reworded":
                runs[-1].reworded.append(version.number)
        previous = version
    return found


def choose(
    versions: Sequence[LoadedVersion], answered: Collection[int], wanted: Sequence[str] = ()
) -> list[Chosen]:
    """Choose the items and series to compare.

    Parameters
    ----------
    versions : sequence of LoadedVersion
        All versions, the oldest first.
    answered : collection of int
        Ids of the items that have any answers in the two periods.
    wanted : sequence of str
        Item keys; without any, all items of the newest version and older ones that were answered.

    Returns
    -------
    list of Chosen
        The latest series that was answered, else the latest; a note says when answers were left out or
        the words changed in between.

    Raises
    ------
    AskedError
        For a key that no version has.
    """
    found = series_of(versions)
    unknown = [key for key in wanted if key not in found]
    if unknown:
        raise AskedError(_UNKNOWN_ITEM, known=", ".join(found), found=unknown[0])
    current = {item.item_key for item in versions[-1].items} if versions else set()
    keys = [key for key in found if key in wanted] if wanted else list(found)
    chosen = []
    for key in keys:
        runs = [run for run in found[key] if run.item_ids & set(answered)]
        if runs or key in current or wanted:
            chosen.append(_chosen(runs, found[key][-1], answered))
    return chosen


def _chosen(answered_runs: Sequence[Series], last: Series, answered: Collection[int]) -> Chosen:
    series = answered_runs[-1] if answered_runs else last
    notes = [series.began_with] if len(answered_runs) > 1 and series.began_with else []
    used = [number for number, item in series.members if item.id in answered]
    notes += [
        Note(_REWORDED, {"version": str(number)})
        for number in series.reworded
        if used and min(used) < number <= max(used)
    ]
    return Chosen(series, tuple(notes))


def _why(runs: Sequence[Series], version: LoadedVersion, item: LoadedItem) -> Note | None:
    if not runs:
        return None
    old = runs[-1].item
    if old.scale and item.scale and old.scale != item.scale:
        return Note(_SCALE, {"version": str(version.number), "new": item.scale, "old": old.scale})
    return Note(_BREAK, {"version": str(version.number)})
