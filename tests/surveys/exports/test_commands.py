"""huifang responses export."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app import cli
from core.db import Database
from tests.surveys.exports import files
from tests.surveys.history import KEY, tell


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch):
    """Run a command of the installation whose database is asked for."""
    settings = database.settings
    for name in ("data_dir", "database_url", "secret_key"):
        monkeypatch.setenv(f"HUIFANG_{name.upper()}", str(getattr(settings, name)))
    return lambda *words: CliRunner().invoke(cli, ["responses", "export", *words])


def test_the_ending_of_the_file_says_the_format(database: Database, run, tmp_path: Path):
    tell(database)
    for ending, start in (("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK"), ("sav", b"$FL2"), ("jsonl", b"{")):
        result: Result = run(KEY, "-o", str(tmp_path / f"a.{ending}"))
        assert result.exit_code == 0, result.output
        assert "180 responses" in result.output
        assert (tmp_path / f"a.{ending}").read_bytes().startswith(start)
    assert run(KEY, "-o", str(tmp_path / "long.csv"), "--format", "long-csv").exit_code == 0
    assert "item" in files.read_csv(tmp_path / "long.csv")[0]


def test_json_tells_what_was_written_and_nothing_else(database: Database, run, tmp_path: Path):
    tell(database)
    path = tmp_path / "a.csv"
    result = run(KEY, "-o", str(path), "--from", "2026-04-01", "--to", "2026-06-30", "--words", "--json")
    said = json.loads(result.stdout)
    assert (said["rows"], said["format"], said["words"], said["cut"]) == (60, "csv", True, 0)
    assert said["bytes"] == path.stat().st_size
    rows = files.read_csv(path)
    assert len(rows) == 60
    assert said["columns"] == len(rows[0])
    assert any(row["words"] == "电话 ***" for row in rows)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothing", "-o", "{}/a.csv"], "There is no questionnaire nothing."),
        ([KEY, "-o", "{}/a.pdf"], "The ending of a.pdf names no format"),
        ([KEY, "-o", "{}/x/a.csv"], "a.csv cannot be written"),
        ([KEY, "-o", "{}/a.csv", "--from", "2026-05-02", "--to", "2026-05-01"], "should not be before"),
        ([KEY, "-o", "{}/a.csv", "--from", "yesterday"], "yesterday"),
        ([KEY, "-o", "{}/a.csv", "--language", "tlh"], "The language should be one of"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_2(
    database: Database, run, tmp_path: Path, words: list[str], sentence: str
):
    tell(database)
    result: Result = run(*(word.format(tmp_path) for word in words))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.glob("*a.*")) == []
