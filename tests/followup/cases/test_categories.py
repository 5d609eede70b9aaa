"""The tree of categories: what is below what, its order, and what happens to cases when it changes."""

import pytest
from sqlalchemy import select

from core.db import Database
from followup.cases.categories import are_in_line, below, is_below, paths, tree
from followup.cases.models import Category
from followup.models import Case
from tests.conftest import NOW
from tests.followup.factories import new_case

PATHS = ("供暖", "供暖/温度不达标", "供暖/温度不达标/夜间", "供暖服务", "Heating/A_b", "heating/a_b", "")


@pytest.mark.parametrize(
    ("category", "node", "expected"),
    [
        ("供暖", "供暖", True),
        ("供暖/温度不达标", "供暖", True),
        ("供暖/温度不达标/夜间", "供暖", True),
        ("供暖服务", "供暖", False),
        ("供暖", "供暖/温度不达标", False),
        ("", "供暖", False),
        ("", "", True),
        ("供暖", "", True),
    ],
)
def test_a_node_has_everything_below_it(category: str, node: str, expected: bool) -> None:
    assert is_below(category, node) is expected


def test_two_categories_are_in_line_when_one_stands_above_the_other() -> None:
    assert are_in_line("供暖", "供暖/温度不达标")
    assert are_in_line("供暖/温度不达标", "供暖")
    assert not are_in_line("供暖/温度不达标", "供暖/漏水")
    assert not are_in_line("", "供暖")
    assert not are_in_line("", "")


def test_the_list_finds_what_the_rule_finds(database: Database) -> None:
    with database.begin() as session:
        for path in PATHS:
            new_case(session, None, now=NOW, category=path)
        for node in (*PATHS, "供", "heating", "Heating/A%"):
            found = set(session.scalars(select(Case.category).where(below(node))))
            assert found == {path for path in PATHS if is_below(path, node)}, node


def test_the_tree_is_told_from_the_top_and_a_branch_that_is_off_is_not_offered(database: Database) -> None:
    with database.begin() as session:
        rows = {
            path: Category(name=path.rsplit("/", 1)[-1], path=path, position=position, active=path != "供暖")
            for path, position in (
                ("供水", 1),
                ("供暖", 0),
                ("供水/水质", 1),
                ("供水/水压", 0),
                ("供暖/漏水", 0),
            )
        }
        session.add_all([rows["供水"], rows["供暖"]])
        session.flush()
        for path in ("供水/水质", "供水/水压", "供暖/漏水"):
            rows[path].parent_id = rows[path.split("/")[0]].id
            session.add(rows[path])
        session.flush()
        assert [(node.path, node.depth, node.active) for node in tree(session)] == [
            ("供暖", 0, False),
            ("供暖/漏水", 1, False),
            ("供水", 0, True),
            ("供水/水压", 1, True),
            ("供水/水质", 1, True),
        ]
        assert paths(session) == ["供水", "供水/水压", "供水/水质"]
