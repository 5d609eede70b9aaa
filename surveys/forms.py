"""What is said about an answer that cannot be taken."""

from core.i18n import _
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
    return _number(problem, name)


def _required(item: LoadedItem, name: str) -> str:
    if item.kind in {"likert", "rating"}:
        return _("Choose your rating for “%(item)s”", item=name)
    if item.kind in {"text", "number"}:
        return _("Please fill in “%(item)s”", item=name)
    return _("Choose an answer to “%(item)s”", item=name)


def _number(problem: Problem, name: str) -> str:
    if problem.minimum is not None and problem.maximum is not None:
        return _(
            "Write a number from %(low)s to %(high)s for “%(item)s”",
            item=name,
            low=f"{problem.minimum:g}",
            high=f"{problem.maximum:g}",
        )
    if problem.minimum is not None:
        return _("Write a number from %(low)s for “%(item)s”", item=name, low=f"{problem.minimum:g}")
    if problem.maximum is not None:
        return _("Write a number up to %(high)s for “%(item)s”", item=name, high=f"{problem.maximum:g}")
    return _("Write a number for “%(item)s”", item=name)


def problem_texts(version: LoadedVersion, problems: dict[str, Problem], language: str) -> dict[str, str]:
    """Return the sentences by item key, in the order of the questionnaire."""
    return {
        item.item_key: problem_text(item, problems[item.item_key], language)
        for item in version.items
        if item.item_key in problems
    }
