"""Changing the tree of categories. A category that cases carry is renamed or switched off, never removed."""

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from core import audit
from core.errors import InputError, NotFoundError
from core.i18n import _
from core.installation import wait_for_turn
from core.texts import clean_text
from followup.cases.categories import NAME_LIMIT, PATH_LIMIT, SEPARATOR, below, is_below, joined
from followup.cases.models import Category, SeverityRule
from followup.cases.seeds import CATEGORIES, Tree
from followup.models import Case, Rule, RuleVersion

TURN = "categories"  # who changes the tree goes one after the other


def get(session: Session, category_id: int) -> Category:
    """Return a category, or raise ``NotFoundError``."""
    row = session.get(Category, category_id)
    if row is None:
        raise _gone()
    return row


def add(session: Session, *, name: str, under: int | None = None, actor: str, now: datetime) -> Category:
    """Add a category behind the others under the same one, or at the top."""
    wait_for_turn(session, TURN)
    above = get(session, under) if under else None
    row = _add(session, _checked(name), above)
    _record(session, row, "category.add", actor=actor, now=now)
    return row


def rename(session: Session, row: Category, *, name: str, carry: bool, actor: str, now: datetime) -> int:
    """Call a category anew, with all below it; return how many cases were carried over to the new name.

    Rules for the severity read new cases only, so they always follow.
    """
    _wait_and_read(session, row)
    old, cleaned = row.path, _checked(name)
    above = get(session, row.parent_id).path if row.parent_id else ""
    new = joined(above, cleaned)
    if new == old:
        return 0
    _require_free(session, new, but=row.id)
    for each in session.scalars(select(Category).execution_options(populate_existing=True)):
        if is_below(each.path, old):
            each.path = _short_enough(new + each.path[len(old) :])
    row.name = cleaned
    for rule in session.scalars(select(SeverityRule)):
        if rule.category and is_below(rule.category, old):
            rule.category = _short_enough(new + rule.category[len(old) :])
    moved = _carry_over(session, old, new) if carry else 0
    _record(session, row, "category.rename", actor=actor, now=now, before=old, cases=moved)
    return moved


def switch(session: Session, row: Category, *, active: bool, actor: str, now: datetime) -> None:
    """Offer a category, and with it what is below, for new cases, or offer it no more."""
    if row.active != active:
        row.active = active
        _record(session, row, "category.on" if active else "category.off", actor=actor, now=now)


def move(session: Session, row: Category, *, up: bool, actor: str, now: datetime) -> None:
    """Change places with the one above or below under the same category."""
    _wait_and_read(session, row)
    siblings = list(_siblings(session, row.parent_id))
    place = siblings.index(row)
    other = place + (-1 if up else 1)
    if 0 <= other < len(siblings):
        siblings[place], siblings[other] = siblings[other], siblings[place]
        for position, each in enumerate(siblings, start=1):
            each.position = position
        _record(session, row, "category.move", actor=actor, now=now)


def remove(session: Session, row: Category, *, actor: str, now: datetime) -> None:
    """Take out a category that was never used."""
    _wait_and_read(session, row)
    if is_in_use(session, row):
        raise InputError(_("This category is in use; switch it off, so that it is offered no more."))
    _record(session, row, "category.remove", actor=actor, now=now)
    session.delete(row)
    session.flush()


def is_in_use(session: Session, row: Category) -> bool:
    """Tell whether cases, rules or further categories need this one."""
    has_below = session.scalar(select(exists().where(Category.parent_id == row.id)))
    has_rule = session.scalar(select(exists().where(SeverityRule.category == row.path)))
    has_case = session.scalar(select(exists().where(below(row.path))))
    return bool(has_below or has_rule or has_case or rules_naming(session, row.path))


def cases_in(session: Session, row: Category) -> int:
    """Count the cases that carry a category or one below it."""
    return session.scalar(select(func.count()).select_from(Case).where(below(row.path))) or 0


def rules_naming(session: Session, path: str) -> list[str]:
    """Return the names of the follow-up rules that name a category or one below it: a person mends them."""
    wanted = select(Rule.name, RuleVersion.terms).join(RuleVersion, RuleVersion.id == Rule.current_version_id)
    return [
        name
        for name, terms in session.execute(wanted.order_by(Rule.position))
        if any(is_below(category, path) for category in terms.get("categories", ()))
    ]


def seed_categories(session: Session) -> int:
    """Fill an empty tree with the usual categories of heating, water, gas and community service."""
    wait_for_turn(session, TURN)
    if session.scalar(select(Category.id).limit(1)) is not None:
        return 0
    _plant(session, CATEGORIES, None)
    return session.scalar(select(func.count()).select_from(Category)) or 0


def _plant(session: Session, tree: Tree, above: Category | None) -> None:
    for name, under in tree.items():
        _plant(session, under, _add(session, name, above))


def _add(session: Session, name: str, above: Category | None) -> Category:
    path = _short_enough(joined(above.path if above else "", name))
    _require_free(session, path)
    parent_id = above.id if above else None
    last = session.scalar(select(func.max(Category.position)).where(Category.parent_id == parent_id))
    row = Category(parent_id=parent_id, name=name, path=path, position=(last or 0) + 1)
    session.add(row)
    session.flush()
    return row


def steady(session: Session) -> None:
    """Let nobody change the tree while a form with a category of it is stored."""
    wait_for_turn(session, TURN, shared=True)


def _wait_and_read(session: Session, row: Category) -> None:
    """Wait for who changes the tree just now, and read the row as it stands then."""
    wait_for_turn(session, TURN)
    if session.get(Category, row.id, populate_existing=True) is None:
        raise _gone()


def _carry_over(session: Session, old: str, new: str) -> int:
    """Give the cases of a category its new name; a form that shows the old one is stale from here."""
    session.flush()
    longest = select(Case.category).where(below(old)).order_by(func.length(Case.category).desc()).limit(1)
    _short_enough(new + (session.scalar(longest) or old)[len(old) :])  # imported ones stand in no tree
    moved = session.execute(
        update(Case)
        .where(below(old))
        .values(category=new + func.substr(Case.category, len(old) + 1), version=Case.version + 1)
        .execution_options(synchronize_session=False)
    )
    return int(moved.rowcount)  # type: ignore[attr-defined]


def _siblings(session: Session, parent_id: int | None) -> list[Category]:
    wanted = select(Category).where(Category.parent_id == parent_id)
    return list(session.scalars(wanted.order_by(Category.position, Category.id)))


def _gone() -> NotFoundError:
    return NotFoundError(_("There is no such category; the list shows all of them."))


def _checked(name: str) -> str:
    cleaned = " ".join(clean_text(name).split())
    if not cleaned:
        raise InputError(_("Give the category a name."))
    if SEPARATOR in cleaned:
        raise InputError(_("A name has no “/”: it stands between a category and the one above it."))
    if len(cleaned) > NAME_LIMIT:
        raise InputError(_("The name is too long; use at most %(n)d characters.", n=NAME_LIMIT))
    return cleaned


def _short_enough(path: str) -> str:
    if len(path) > PATH_LIMIT:
        raise InputError(
            _("“%(path)s” is too long; use at most %(n)d characters altogether.", path=path, n=PATH_LIMIT)
        )
    return path


def _require_free(session: Session, path: str, but: int | None = None) -> None:
    other = session.scalar(select(Category.id).where(Category.path == path))
    if other is not None and other != but:
        raise InputError(_("There is a category “%(path)s” already; choose another name.", path=path))


def _record(
    session: Session, row: Category, action: str, *, actor: str, now: datetime, **detail: object
) -> None:
    audit.record(
        session, actor=actor, action=action, subject=f"category:{row.id}", now=now, path=row.path, **detail
    )
