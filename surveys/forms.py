"""What is said about an answer that cannot be taken."""

from datetime import date

from core.i18n import _
from surveys.definition import WRITTEN
from surveys.parsing import Problem
from surveys.queries import LoadedItem, LoadedVersion


def problem_text(item: LoadedItem, problem: Problem, language: str) -> str:
    """Say what to do about a problem, naming the question."""
    name = item.definition.said(language).name
    if problem.code == "required":
        return _required(item, name)
    if problem.code == "unknown":
        return _("Choose one of the answers shown for “%(item)s”", item=name)
    if problem.code == "long":
        return _(
            "Shorten “%(item)s” to %(limit)s characters; it has %(length)s now",
            item=name,
            limit=problem.maximum,
            length=problem.length,
        )
    if problem.code == "date":
        return _("Write a date such as 2026-03-01 for “%(item)s”", item=name)
    low, high = _limits(item, problem)
    if problem.code == "unlikely":
        return _unlikely(name, low, high)
    return _number(name, low, high)


def _limits(item: LoadedItem, problem: Problem) -> tuple[str | None, str | None]:
    """Say the smallest and the largest value, a day as a date."""
    low, high = (
        None if n is None else date.fromordinal(int(n)).isoformat() if item.kind == "date" else f"{n:g}"
        for n in (problem.minimum, problem.maximum)
    )
    return low, high


def _required(item: LoadedItem, name: str) -> str:
    if item.kind in {"likert", "rating"}:
        return _("Choose your rating for “%(item)s”", item=name)
    if item.kind in WRITTEN:
        return _("Please fill in “%(item)s”", item=name)
    return _("Choose an answer to “%(item)s”", item=name)


def _unlikely(name: str, low: str | None, high: str | None) -> str:
    """Ask once more about a value outside the usual; the same value sent again is taken."""
    usual = f"{low or '…'} – {high or '…'}"
    return _(
        "Is this right for “%(item)s”? Usual is %(usual)s. If it is right, send it again",
        item=name,
        usual=usual,
    )


def _number(name: str, low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return _("Write a value from %(low)s to %(high)s for “%(item)s”", item=name, low=low, high=high)
    if low is not None:
        return _("Write a value from %(low)s for “%(item)s”", item=name, low=low)
    if high is not None:
        return _("Write a value up to %(high)s for “%(item)s”", item=name, high=high)
    return _("Write a number for “%(item)s”", item=name)


def problem_texts(version: LoadedVersion, problems: dict[str, Problem], language: str) -> dict[str, str]:
    """Return the sentences by item key, in the order of the questionnaire."""
    return {
        item.item_key: problem_text(item, problems[item.item_key], language)
        for item in version.items
        if item.item_key in problems
    }
