"""The tree of categories: paths such as ``供暖/温度不达标``, and how filters and rules read them.

A case carries the path as text, so what was imported under a name of another system stays readable.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from followup.cases.models import Category
from followup.models import Case

SEPARATOR = "/"
NAME_LIMIT, PATH_LIMIT = 30, 60


@dataclass(frozen=True, slots=True)
class Node:
    """One category in the order of the tree."""

    id: int
    path: str
    name: str
    depth: int
    active: bool  # and so is everything above it
    is_first: bool  # among those under the same category
    is_last: bool
    switched_on: bool  # by itself, whatever is above it


def is_below(category: str, node: str) -> bool:
    """Tell whether a category is a node of the tree or stands anywhere under it; "" is above everything."""
    return not node or category == node or category.startswith(node + SEPARATOR)


def are_in_line(one: str, other: str) -> bool:
    """Tell whether two categories are the same or one stands above the other; none is in no line."""
    return bool(one and other) and (is_below(one, other) or is_below(other, one))


def below(node: str) -> ColumnElement[bool]:
    """Return ``is_below`` for lists of cases."""
    if not node:
        return true()
    start = func.substr(Case.category, 1, len(node) + 1)  # LIKE would take a for A on SQLite only
    return (Case.category == node) | (start == node + SEPARATOR)


def joined(above: str, name: str) -> str:
    """Return the path of a category under another one, or at the top."""
    return f"{above}{SEPARATOR}{name}" if above else name


def paths(session: Session) -> list[str]:
    """Return the paths that are offered for new cases, in the order of the tree."""
    return [node.path for node in tree(session) if node.active]


def tree(session: Session) -> list[Node]:
    """Return every category, each before those under it, as they were put in order."""
    rows = session.scalars(select(Category).order_by(Category.position, Category.id))
    under: dict[int | None, list[Category]] = {}
    for row in rows:
        under.setdefault(row.parent_id, []).append(row)
    return list(_walk(under, None, 0, above_is_on=True))


def _walk(
    under: dict[int | None, list[Category]], parent: int | None, depth: int, *, above_is_on: bool
) -> Iterator[Node]:
    siblings = under.get(parent, [])
    for place, row in enumerate(siblings):
        is_on = above_is_on and row.active
        yield Node(
            id=row.id, path=row.path, name=row.name, depth=depth, active=is_on, is_first=place == 0,
            is_last=place == len(siblings) - 1, switched_on=row.active,
        )  # fmt: skip
        yield from _walk(under, row.id, depth + 1, above_is_on=is_on)
