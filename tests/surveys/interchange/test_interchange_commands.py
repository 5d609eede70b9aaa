"""``huifang questionnaires import`` and ``export`` as a person runs them."""

import json
from pathlib import Path

import pytest

from surveys.definition import from_dict
from surveys.interchange import plain
from tests.surveys.interchange.test_pasted import KIT
from tests.surveys.test_definition import rich
from tests.test_commands import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, {"HUIFANG_DATA_DIR": str(tmp_path / "data")})


def test_import_publish_export_and_import_again(run: Run) -> None:
    (run.folder / "rich.json").write_bytes(plain.write(from_dict(rich())))
    done = run("questionnaires", "import", "rich.json", "--publish")
    assert (done.returncode, done.stdout) == (0, "rich: published as version 1; 6 questions in en, zh_Hans\n")
    assert run("questionnaires", "export", "rich", "-o", "rich.xlsx").returncode == 0
    again = run("questionnaires", "import", "rich.xlsx", "--key", "rich", "--publish", "--json")
    assert again.returncode == 0
    told = json.loads(again.stdout)
    assert (told["done"], told["notes"], told["to_mend"]) == ("published as version 1", [], [])


def test_a_draft_notes_and_a_dry_run(run: Run) -> None:
    (run.folder / "heating.txt").write_text(KIT, "gb18030")
    dry = run("questionnaires", "import", "heating.txt", "--dry-run")
    assert dry.returncode == 0
    assert dry.stdout.startswith("heating: understood; 7 questions in zh_Hans\n")
    assert "note: question 5 (line 29)" in dry.stdout
    assert "a new draft" in run("questionnaires", "import", "heating.txt").stdout
    assert "the draft was replaced" in run("questionnaires", "import", "heating.txt").stdout
    written = run("questionnaires", "export", "heating", "--draft", "-o", "out.json")
    assert (written.returncode, written.stdout) == (0, "out.json: 7 questions\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "none.json"], "none.json cannot be read"),
        (["import", "bad.json"], "Line 1 of the JSON file"),
        (["import", "half.json", "--publish"], "should have"),
        (["import", "half.json", "--key", "Not a key"], "is no key"),
        (["export", "gone", "-o", "x.json"], "no questionnaire"),
        (["export", "gone", "--draft", "-o", "x.json"], "no such questionnaire"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_2(run: Run, words: list[str], sentence: str) -> None:
    (run.folder / "bad.json").write_text("{")
    (run.folder / "half.json").write_text(
        '{"title": {"en": "T"}, "items": [{"key": "A", "texts": {"en": "?"}}]}'
    )
    done = run("questionnaires", *words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
