"""The tree of categories: what is below what, its order, and what happens to cases when it changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier, BrokenBarrierError, Event

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import HuifangError, InputError
from followup.cases import categorising
from followup.cases.categories import are_in_line, below, is_below, paths, tree
from followup.cases.models import Category, SeverityRule
from followup.models import Case
from tests.conftest import NOW
from tests.followup.factories import ASK_ALL, new_case, new_rule
from tests.people import csrf_token

SignIn = Callable[[str], FlaskClient]
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


def planted(session: Session) -> dict[str, Category]:
    """供暖 with 温度不达标 (夜间 below) and 漏水; 供水."""
    rows: dict[str, Category] = {}
    for path in ("供暖", "供暖/温度不达标", "供暖/温度不达标/夜间", "供暖/漏水", "供水"):
        above, _slash, name = path.rpartition("/")
        rows[path] = categorising.add(
            session, name=name, under=rows[above].id if above else None, actor="test", now=NOW
        )
    return rows


@pytest.mark.parametrize("carry", [False, True])
def test_a_new_name_is_for_new_cases_or_carried_over(database: Database, carry: bool) -> None:
    with database.begin() as session:
        rows = planted(session)
        for category in ("供暖", "供暖/温度不达标/夜间", "供暖服务"):
            new_case(session, None, now=NOW, category=category)
        session.add(SeverityRule(category="供暖/漏水", words=[], severity="serious"))
        moved = categorising.rename(
            session, rows["供暖"], name=" 集中供热 ", carry=carry, actor="test", now=NOW
        )
        assert moved == (2 if carry else 0)
    with database.read() as session:
        assert [node.path for node in tree(session)] == [
            "集中供热", "集中供热/温度不达标", "集中供热/温度不达标/夜间", "集中供热/漏水", "供水",
        ]  # fmt: skip
        carried = ["集中供热", "集中供热/温度不达标/夜间", "供暖服务"]
        kept = ["供暖", "供暖/温度不达标/夜间", "供暖服务"]
        assert list(session.scalars(select(Case.category).order_by(Case.id))) == (carried if carry else kept)
        assert session.scalars(select(SeverityRule.category)).one() == "集中供热/漏水"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "a name"), ("  ", "a name"), ("供/暖", "has no"), ("暖" * 31, "too long"), ("供水", "already")],
)
def test_a_name_that_does_not_do_is_refused(database: Database, name: str, sentence: str) -> None:
    with database.begin() as session:
        rows = planted(session)
        with pytest.raises(InputError, match=sentence):
            categorising.rename(session, rows["供暖"], name=name, carry=True, actor="test", now=NOW)


def test_a_path_stays_short_enough_for_a_case(database: Database) -> None:
    with database.begin() as session:
        rows = planted(session)
        deep = categorising.add(session, name="深" * 30, under=rows["供暖"].id, actor="test", now=NOW)
        with pytest.raises(InputError, match="altogether"):
            categorising.add(session, name="深" * 30, under=deep.id, actor="test", now=NOW)


def test_a_category_in_use_is_never_removed(database: Database) -> None:
    with database.begin() as session:
        rows = planted(session)
        new_case(session, None, now=NOW, category="供水")
        session.add(SeverityRule(category="供暖/漏水", words=[], severity="serious"))
        session.flush()
        for path in ("供水", "供暖", "供暖/漏水"):
            with pytest.raises(InputError, match="in use"):
                categorising.remove(session, rows[path], actor="test", now=NOW)
        categorising.remove(session, rows["供暖/温度不达标/夜间"], actor="test", now=NOW)
        assert "供暖/温度不达标/夜间" not in paths(session)


def test_neighbours_change_places(database: Database) -> None:
    with database.begin() as session:
        rows = planted(session)
        categorising.move(session, rows["供水"], up=True, actor="test", now=NOW)
        categorising.move(session, rows["供暖/漏水"], up=False, actor="test", now=NOW)  # the last already
        categorising.move(session, rows["供暖/漏水"], up=True, actor="test", now=NOW)
        assert paths(session) == ["供水", "供暖", "供暖/漏水", "供暖/温度不达标", "供暖/温度不达标/夜间"]


def test_a_follow_up_rule_that_names_a_category_is_told_of(database: Database) -> None:
    with database.begin() as session:
        new_rule(session, replace(ASK_ALL, categories=("供暖/漏水",)), now=NOW, name="漏水回访")
        assert categorising.rules_naming(session, "供暖") == ["漏水回访"]
        assert categorising.rules_naming(session, "供暖/温度不达标") == []


def test_the_usual_tree_is_planted_once(database: Database) -> None:
    with database.begin() as session:
        count = categorising.seed_categories(session)
        assert count == len(paths(session)) > 30
        assert {"供暖", "供水", "燃气", "社区服务"} <= set(paths(session))
        assert categorising.seed_categories(session) == 0


def test_the_page_of_categories(client_for: SignIn, database: Database) -> None:
    client = client_for("sven")
    assert "There is no category yet" in client.get("/admin/categories").get_data(as_text=True)

    def press(path: str, **data: str) -> str:
        token = csrf_token(client, "/admin/categories")
        answer = client.post(path, data={"csrf_token": token, **data}, follow_redirects=True)
        return str(answer.get_data(as_text=True))

    assert "“燃气” was added" in press("/admin/categories", name="燃气", under="")
    with database.read() as session:
        top = tree(session)[0].id
    assert "“燃气/停气” was added" in press("/admin/categories", name="停气", under=str(top))
    assert "there is a category “燃气” already" in press("/admin/categories", name="燃气").lower()
    assert "Not a valid choice" in press("/admin/categories", name="新", under="99")
    assert "“燃气” is off" in press(f"/admin/categories/{top}/switch", active="no")
    with database.read() as session:
        assert paths(session) == []
    assert "Cases carried over: 0" in press(f"/admin/categories/{top}", name="管道燃气", cases="carry")
    assert "in use" in press(f"/admin/categories/{top}/remove")
    assert client.get("/admin/categories/99").status_code == 404
    assert client_for("olga").get("/admin/categories").status_code == 403


def in_parallel(*acts: Callable[[], object]) -> list[object]:
    """Do things at once; return what each brought, or the error of the house that it met."""

    def done(act: Callable[[], object]) -> object:
        try:
            return act()
        except HuifangError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(done, acts))


def test_two_who_rename_at_once_leave_a_whole_tree(database: Database) -> None:
    with database.begin() as session:
        top = planted(session)["供暖"].id
        new_case(session, None, now=NOW, category="供暖/漏水")
    both = Barrier(2, timeout=1)

    def rename(name: str) -> None:
        with database.begin() as session:
            row = categorising.get(session, top)
            with suppress(BrokenBarrierError):  # on SQLite the second comes in when the first is through
                both.wait()
            categorising.rename(session, row, name=name, carry=True, actor="test", now=NOW)

    in_parallel(lambda: rename("集中供热"), lambda: rename("热力"))
    with database.read() as session:
        shown = [node.path for node in tree(session)]
        top_path = shown[0]
        assert top_path in {"集中供热", "热力"}
        assert shown[1:4] == [f"{top_path}/温度不达标", f"{top_path}/温度不达标/夜间", f"{top_path}/漏水"]
        assert session.scalars(select(Case.category)).one() == f"{top_path}/漏水"


def test_cases_whose_category_would_get_too_long_keep_a_rename_back(database: Database) -> None:
    with database.begin() as session:
        rows = planted(session)
        imported = "供暖/" + "长" * 57
        new_case(session, None, now=NOW, category=imported)
        top = rows["供暖"].id

    def rename(name: str) -> int:
        with database.begin() as session:
            row = categorising.get(session, top)
            return categorising.rename(session, row, name=name, carry=True, actor="test", now=NOW)

    with pytest.raises(InputError, match="too long"):
        rename("集中供热")
    assert rename("热") == 1
    with database.read() as session:
        assert session.scalars(select(Case.category)).one() == "热/" + "长" * 57


def test_a_category_that_a_follow_up_rule_names_is_not_removed(database: Database) -> None:
    with database.begin() as session:
        rows = planted(session)
        new_rule(session, replace(ASK_ALL, categories=("供水",)), now=NOW, name="供水回访")
        with pytest.raises(InputError, match="in use"):
            categorising.remove(session, rows["供水"], actor="test", now=NOW)


def test_a_rename_that_carries_over_misses_no_case_that_is_being_registered(
    database: Database, client_for: SignIn
) -> None:
    with database.begin() as session:
        top = planted(session)["供暖"].id
    client = client_for("sven")
    given = {"kind": "repair", "title": "停暖", "category": "供暖/漏水", "channel": "phone", "handler": "",
             "severity": "", "language": "zh_Hans",
             "csrf_token": csrf_token(client, "/cases/new")}  # fmt: skip
    renamed, written = Event(), Event()

    def hold(*_given: object) -> None:  # the row is written, not committed: now somebody renames
        written.set()
        renamed.wait(0.5)

    def register() -> int:
        return client.post("/cases/new", data=given).status_code

    def rename() -> int:
        assert written.wait(5)
        with database.begin() as session:
            row = categorising.get(session, top)
            moved = categorising.rename(session, row, name="热力", carry=True, actor="test", now=NOW)
        renamed.set()
        return moved

    event.listen(Session, "before_commit", hold, once=True)
    assert in_parallel(register, rename) == [303, 1]
    with database.read() as session:
        assert session.scalars(select(Case.category)).one() == "热力/漏水"
