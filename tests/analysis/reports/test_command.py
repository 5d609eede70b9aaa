"""``huifang report``: a whole file or none, one line for what cannot be done."""

import json
import resource
import signal

import pytest
from click.testing import CliRunner

from analysis.reports import commands
from app import cli
from core.errors import InputError
from tests.analysis.answers import two_periods
from tests.analysis.reports import reading
from tests.conftest import SECRET

PERIODS = ("--before", "2025Q3", "--after", "2026Q3")


@pytest.fixture
def run(settings, database):
    """Run the command on the test's database; return its exit code, output and error line."""
    env = {
        "HUIFANG_DATABASE_URL": settings.database_url,
        "HUIFANG_DATA_DIR": str(settings.data_dir),
        "HUIFANG_SECRET_KEY": SECRET,
    }

    def run(*words):
        result = CliRunner().invoke(cli, ["report", *map(str, words)], env=env)
        return result.exit_code, result.stdout, result.stderr

    return run


def test_it_writes_the_figures_that_compare_prints(run, database, tmp_path):
    two_periods(database, district="East")
    file = tmp_path / "care.docx"
    code, out, error = run("care", *PERIODS, "-o", file, "--language", "en", "--by", "district", "--json")
    assert (code, error) == (0, "")
    assert json.loads(out)["bytes"] == file.stat().st_size
    said = reading.from_docx(file.read_bytes())
    assert "75%, 15 points lower than in Q3 2025 (plausible range -20 to -10)" in said
    assert json.loads(out)["fingerprint"] in said
    assert [path.name for path in tmp_path.iterdir() if path.suffix in {".docx", ".part"}] == ["care.docx"]


def test_the_language_is_chinese_unless_asked_otherwise(run, database, tmp_path):
    two_periods(database)
    code, out, _error = run("care", *PERIODS, "-o", tmp_path / "care.html")
    assert code == 0
    assert out.startswith("care.html: ")
    assert "2026年第三季度" in (tmp_path / "care.html").read_text("utf-8")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("care", *PERIODS, "-o", "care.odt"), "The ending of care.odt names no format"),
        (("care", "--before", "2025Q5", "--after", "2026Q3", "-o", "x.pdf"), "is not a period"),
        (("nothing", *PERIODS, "-o", "x.pdf"), "A questionnaire should be one of care, but is nothing"),
        (("care", *PERIODS, "-o", "x.pdf", "--item", "z"), "An item should be one of overall, but is z"),
        (("care", *PERIODS, "-o", "x.pdf", "--language", "fr"), "A language should be one of zh_Hans, en"),
        (("care", *PERIODS, "-o", "no/folder/x.pdf"), "x.pdf cannot be written (No such file or directory)"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_no_file(run, database, tmp_path, monkeypatch, words, sentence):
    monkeypatch.chdir(tmp_path)
    two_periods(database)
    code, out, error = run(*words)
    assert (code, out) == (2, "")
    assert sentence in error
    assert error.count("\n") == 1
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".pdf", ".odt", ".part"}]


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path):
    """A limit on the size of files stands in for a full disk: what stood there before stays whole."""
    file = tmp_path / "care.html"
    file.write_text("the report of last month")
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1][1]))
    try:
        with pytest.raises(InputError, match=r"care\.html cannot be written"):
            commands._write(file, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before[1])
        signal.signal(signal.SIGXFSZ, before[0])
    assert file.read_text() == "the report of last month"
    assert [path.name for path in tmp_path.iterdir()] == ["care.html"]
