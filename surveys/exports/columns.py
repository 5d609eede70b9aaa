"""The columns of an export: the same name means the same thing in every version, wherever it stands.

A column is named after the item key, and for a multiple choice after the code of the option, never after a
place. A name once given is never given to something else: the columns of a questionnaire that gets a new
version are those it had, and new ones. An item that is asked on another scale, in another kind, or with
other words that its author calls a break, gets a column of its own; another set of options does not, because
the code of an option never changes its meaning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from surveys.comparability import Change, changes, merged, options_over
from surveys.definition import ItemDefinition, Option
from surveys.models import DIMENSIONS
from surveys.queries import LoadedItem, LoadedVersion

META = (
    "response_id", "questionnaire", "version", "mode", "language", "day", "submitted_at", "seconds",
    "revision", *DIMENSIONS, "handler",
)  # fmt: skip
# A statistics program would take these for words of its own.
RESERVED = ("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with")
VALUE, CHOSEN, WRITTEN, WORDS, OTHER = "value", "chosen", "written", "words", "other"
_ANOTHER_MEANING = {"texts", "option_texts", "stem"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an item.

    ``part`` says what stands in it: the ``value`` (a score, an option code, a number, a day), whether an
    option was ``chosen`` or a text ``written``, the ``words`` of a text or what stands beside ``other``.
    """

    name: str
    question: "Question"
    part: str
    code: int = 0  # of the option, where the part is "chosen"

    @property
    def holds_words(self) -> bool:
        return self.part in {WORDS, OTHER}


@dataclass(slots=True, eq=False)
class Question:
    """An item over the versions in which it is one and the same question."""

    key: str
    kind: str
    scale: str
    members: dict[int, LoadedItem] = field(default_factory=dict)  # by version number
    decisions: dict[int, str] = field(default_factory=dict)  # against the version before, where it was asked
    columns: dict[tuple[str, int], Column] = field(default_factory=dict)

    @property
    def latest(self) -> ItemDefinition:
        return self.members[max(self.members)].definition

    @property
    def options(self) -> dict[int, Option]:
        """Every option that was ever offered, in the latest order and words."""
        return options_over([item.definition for _number, item in sorted(self.members.items())])

    def parts(self) -> Iterator[tuple[str, int]]:
        """Yield what columns there are, in their order."""
        order = [(CHOSEN, code) for code in self.options] if self.kind == "multiple" else []
        order += [(VALUE, 0), (WRITTEN, 0), (WORDS, 0), (OTHER, 0)]
        return (part for part in order if part in self.columns)


@dataclass(frozen=True, slots=True)
class Layout:
    """All columns of a questionnaire that hold answers; those of ``META`` stand before them."""

    versions: tuple[LoadedVersion, ...]
    questions: tuple[Question, ...]
    columns: tuple[Column, ...]
    with_words: bool

    @property
    def names(self) -> tuple[str, ...]:
        return (*META, *(column.name for column in self.columns))

    def places(self) -> dict[Column, int]:
        """Return where each column stands in a row."""
        return {column: place for place, column in enumerate(self.columns, start=len(META))}

    def asked(self, number: int) -> list[tuple[Question, LoadedItem]]:
        """Return the questions of one version, in their order there."""
        found = [(q, q.members[number]) for q in self.questions if number in q.members]
        version = next(version for version in self.versions if version.number == number)
        order = {item.item_key: place for place, item in enumerate(version.items)}
        return sorted(found, key=lambda pair: order[pair[0].key])


def layout(versions: Sequence[LoadedVersion], *, with_words: bool) -> Layout:
    """Return the columns for all versions of a questionnaire, the oldest version first."""
    questions = _questions(versions)
    keys = merged([[item.item_key for item in version.items] for version in reversed(versions)])
    ordered = [question for key in keys for question in questions if question.key == key]
    columns = [q.columns[part] for q in ordered for part in q.parts()]
    kept = tuple(column for column in columns if with_words or not column.holds_words)
    return Layout(tuple(versions), tuple(ordered), kept, with_words)


def _questions(versions: Sequence[LoadedVersion]) -> list[Question]:
    """Follow each item through the versions; names are given in the order in which things first appeared."""
    found: list[Question] = []
    taken = {*META, *RESERVED}
    previous: LoadedVersion | None = None
    for version in versions:
        made = changes(previous.definition, version.definition) if previous else []
        by_key = {change.item_key: change for change in made}
        for item in version.items:
            same_key = [question for question in found if question.key == item.item_key]
            change = by_key.get(item.item_key)
            question = _continued(same_key, item, change)
            if question is None:
                question = Question(item.item_key, item.kind, item.scale)
                found.append(question)
            question.members[version.number] = item
            if change and "new" not in change.what:
                question.decisions[version.number] = change.decision
            _name_columns(question, same_key, item.definition, taken)
        previous = version
    return found


def _continued(same_key: Sequence[Question], item: LoadedItem, change: Change | None) -> Question | None:
    """Return the question that an item of a new version goes on with, if it is the same one."""
    if change and change.decision == "break" and _ANOTHER_MEANING & set(change.what):
        return None
    alike = [q for q in same_key if (q.kind, q.scale) == (item.kind, item.scale)]
    return alike[-1] if alike else None


def _name_columns(
    question: Question, same_key: Sequence[Question], item: ItemDefinition, taken: set[str]
) -> None:
    """Give a name to each column that the question does not have yet."""
    first = min(question.members)
    others = [each for each in same_key if each is not question and min(each.members) < first]
    specific = _specific(question, others, first)
    alike = [each for each in others if (each.kind == "multiple") == (question.kind == "multiple")]
    for part, code in _parts_of(item):
        if (part, code) not in question.columns:
            ending = {CHOSEN: f"__{code}", WRITTEN: "__written", OTHER: "__other"}.get(part, "")
            bases = [specific] if alike else [question.key, specific]
            name = _free([base + ending for base in bases], taken)
            question.columns[part, code] = Column(name, question, part, code)
            taken.add(name)


def _specific(question: Question, others: Sequence[Question], first: int) -> str:
    """Return a base that tells this question from others of its key: its scale, its kind or its version."""
    if question.scale and question.scale not in {each.scale for each in others}:
        return f"{question.key}__{question.scale.replace('.', '_')}"
    if question.kind not in {each.kind for each in others}:
        return f"{question.key}__{question.kind}"
    return f"{question.key}__v{first}"


def _parts_of(item: ItemDefinition) -> Iterator[tuple[str, int]]:
    if item.kind == "multiple":
        yield from ((CHOSEN, option.code) for option in item.options)
    elif item.kind == "text":
        yield from ((WRITTEN, 0), (WORDS, 0))
    else:
        yield VALUE, 0
    if item.other is not None:
        yield OTHER, 0


def _free(wanted: Sequence[str], taken: set[str]) -> str:
    for name in wanted:
        if name not in taken:
            return name
    number = 2
    while f"{wanted[-1]}_{number}" in taken:
        number += 1
    return f"{wanted[-1]}_{number}"
