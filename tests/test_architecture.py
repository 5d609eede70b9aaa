"""The floors of the house and the rules that keep it readable."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOORS = ("core", "surveys", "followup", "analysis")
MAY_USE_FLASK = {"core/web.py", "core/i18n.py", "app.py"}
FLASK = {"flask", "flask_babel", "flask_login", "flask_wtf", "flask_bootstrap", "flask_limiter", "wtforms"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "service", "services"}
LONGEST_FILE, LONGEST_FUNCTION = 350, 50
EVENTS = ("click", "submit", "change", "input", "load", "error", "keydown", "focus", "blur")


@cache
def product_files() -> list[Path]:
    return [ROOT / "app.py", *(path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py")))]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import hides where it leads"
            yield node.lineno, node.module or ""


def said(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_a_floor_imports_only_lower_ones() -> None:
    wrong = [
        f"{said(path, line)} imports {name}"
        for height, floor in enumerate(FLOORS)
        for path in sorted((ROOT / floor).rglob("*.py"))
        for line, name in imports_of(path)
        if name.split(".")[0] in {*FLOORS[height + 1 :], "app", "tests", "bench"}
    ]
    assert wrong == []


def test_flask_stays_at_the_edge() -> None:
    wrong = [
        f"{said(path, line)} imports {name}"
        for path in product_files()
        for line, name in imports_of(path)
        if name.split(".")[0] in FLASK and not _is_edge(path)
    ]
    assert wrong == []


def _is_edge(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return (
        place.as_posix() in MAY_USE_FLASK
        or place.parts[:2] == ("core", "auth")
        or place.name.startswith(("views", "forms"))
    )


def test_only_the_clock_reads_the_clock() -> None:
    wrong = [
        said(path, node.lineno)
        for path in product_files()
        if path != ROOT / "core" / "clock.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name | ast.Attribute)
        and _last_name(node.value) in {"datetime", "date"}
    ]
    assert wrong == []


def test_there_is_one_place_that_commits() -> None:
    allowed = {ROOT / "core" / "db.py"}
    wrong = [
        said(path, node.lineno)
        for path in [*product_files(), *sorted((ROOT / "bench").rglob("*.py"))]
        if path not in allowed and path.name != "minimal.py"  # the yardstick application of the benchmark
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert wrong == []


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def test_modules_are_named_for_what_they_hold() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in product_files()
        if {path.stem, *path.relative_to(ROOT).parts[:-1]} & BANNED_NAMES
    ]
    assert wrong == []


def test_files_stay_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in product_files()}
    too_long = {said(path, lines) for path, lines in lengths.items() if lines > LONGEST_FILE}
    assert too_long == set(), "make a folder with the same names inside"


def test_functions_stay_short() -> None:
    too_long = [
        f"{said(path, node.lineno)} {node.name} has {length} lines"
        for path in product_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _lines_of(node)) > LONGEST_FUNCTION
    ]
    assert too_long == []


def _lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The documentation of a statistic may be longer than its code (numpydoc)."""
    first = node.body[0]
    if not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1 if isinstance(first.value.value, str) else 0


def test_no_error_is_swallowed() -> None:
    wrong = []
    for path in product_files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ExceptHandler):
                silent = len(node.body) == 1 and isinstance(node.body[0], ast.Pass)
                everything = node.type is None or _last_name(node.type) == "Exception"
                if silent or everything:
                    wrong.append(said(path, node.lineno))
    assert wrong == []


def test_templates_carry_no_inline_script_or_style() -> None:
    """The content security policy would drop them; this says so before a browser does."""
    signs = (" style=", "<style", "<script>", "javascript:", "|safe", *(f" on{e}=" for e in EVENTS))
    wrong = [
        f"{path.relative_to(ROOT)}: {sign.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for sign in signs
        if sign in path.read_text("utf-8")
    ]
    assert wrong == []
