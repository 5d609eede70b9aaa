"""Options keep their codes: renamed, moved or brought back; a code once gone means nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.definition import Definition, Option

HIGHEST = 999


@dataclass(frozen=True, slots=True)
class Line:
    """One option as it was entered: with its code, or new."""

    texts: Mapping[str, str]
    code: int | None = None
    other: bool = False


def seen_options(item_key: str, history: Iterable[Definition]) -> list[Option]:
    """Return the options that an item ever had in a published version, the latest wording last."""
    found = (definition.item(item_key) for definition in history)
    return [option for item in found if item for option in item.options]


def coded(
    lines: Sequence[Line], item_key: str, *, present: Sequence[Option], history: Sequence[Definition]
) -> tuple[Option, ...]:
    """Return the options with their codes, in the order of the lines.

    A line that names a code of the present options keeps it. A new line with the very words that a published
    option had takes that option's code again; any other gets a code that no version ever used.
    """
    seen = seen_options(item_key, history)
    mine = {option.code for option in present}
    used: set[int] = set()
    kept = []
    for line in lines:
        code = line.code if line.code in mine and line.code not in used else None
        used |= {code} if code is not None else set()
        kept.append(code)
    taken = used | mine | {option.code for option in seen}
    options = []
    for line, known in zip(lines, kept, strict=True):
        code = known if known is not None else _known_again(line, seen, used)
        if code is None:
            code = _next(taken)
        used.add(code)
        taken.add(code)
        options.append(Option(code, dict(line.texts), line.other))
    return tuple(options)


def _known_again(line: Line, seen: Sequence[Option], used: set[int]) -> int | None:
    """Return the code of the published option that said exactly this, if its last words still do."""
    last = {option.code: option for option in seen}
    for code, option in last.items():
        if code not in used and option.other == line.other and _says_the_same(line.texts, option.texts):
            return code
    return None


def _says_the_same(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    common = [language for language in first if first[language] and second.get(language)]
    return bool(common) and all(first[language] == second[language] for language in common)


def _next(taken: set[int]) -> int:
    above = max(taken, default=0) + 1
    if above <= HIGHEST:
        return above
    return next((code for code in range(1, HIGHEST + 1) if code not in taken), HIGHEST + 1)
