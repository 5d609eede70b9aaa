"""``huifang compare``: a table, a document, one line for what cannot be done."""

import json

import pytest
from click.testing import CliRunner

from app import cli
from tests.analysis.answers import AFTER, BEFORE, DATA, FALL, STEADY, count, likert, nhs, publish, two_periods
from tests.conftest import SECRET


@pytest.fixture
def run(settings, database):
    """Run a command on the test's database; return its exit code, output and error line."""
    env = {
        "HUIFANG_DATABASE_URL": settings.database_url,
        "HUIFANG_DATA_DIR": str(settings.data_dir),
        "HUIFANG_SECRET_KEY": SECRET,
    }

    def run(*words):
        result = CliRunner().invoke(cli, ["compare", *words], env=env)
        return result.exit_code, result.stdout, result.stderr

    return run


PERIODS = ("--before", "2025Q3", "--after", "2026Q3")


def test_the_document_agrees_with_r(run, database):
    nhs(database)
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())["compare_2021Q4_2022Q2"]
    code, out, _error = run("fft", "--before", "2021Q4", "--after", "2022Q2", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["before"]["responses"], found["after"]["responses"]) == tuple(gold["n"])
    difference = found["items"][0]["difference"]
    assert difference["mean"]["diff"] == pytest.approx(gold["welch"]["diff"], rel=1e-9)
    assert difference["top_box"]["diff"] == pytest.approx(gold["top_box"]["diff"], rel=1e-9)
    assert difference["brunner_munzel"]["statistic"] == pytest.approx(
        gold["brunner_munzel"]["statistic"], rel=1e-9
    )
    assert difference["mann_whitney"]["u"] == gold["mann_whitney"]["U_x"]


def test_the_table_says_it_in_words(run, database):
    version = two_periods(database, FALL, district="East")
    count(database, version, BEFORE, {"overall": STEADY[0]}, district="West")
    count(database, version, AFTER, {"overall": STEADY[1]}, district="West")
    code, out, _error = run("care", *PERIODS, "--by", "district", "--adjust", "mode,district")
    assert code == 0
    assert "2025Q3 (2025-07-01 to 2025-09-30): 660 responses (web 660)" in out
    assert "Overall satisfaction: 76%, 9 points lower than in Q3 2025 (plausible range -13 to -5)" in out
    assert "by district: -9.2 points = -9.2 within the parts, 0 from their mix" in out
    assert "with mode, district held constant: 84.8% > 75.6%" in out
    assert "West" in out


def test_items_and_filters_narrow(run, database):
    version = publish(database, likert("overall"), likert("speed"))
    for day, place in ((BEFORE, "East"), (AFTER, "East"), (AFTER, "West"), (BEFORE, "West")):
        count(database, version, day, {"overall": FALL[0], "speed": FALL[1]}, district=place)
    code, out, _error = run("care", *PERIODS, "--item", "speed", "--where", "district=East", "--json")
    found = json.loads(out)
    assert (code, [one["item"] for one in found["items"]]) == (0, ["speed"])
    assert (found["items"][0]["before"]["n"], found["where"]) == (400, {"district": ["East"]})


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("care", "--before", "2025Q5", "--after", "2026Q3"), '"2025Q5" is not a period; write 2026, 2026H1'),
        (("car", *PERIODS), "A questionnaire should be one of care, but is car."),
        (("care", *PERIODS, "--item", "x"), "An item should be one of overall, but is x."),
        (("care", *PERIODS, "--by", "age"), "A dimension should be one of service_type"),
        (("care", *PERIODS, "--where", "district"), "A filter is written DIMENSION=VALUE"),
        (("care", "--before", "2026", "--after", "2026Q3"), "share days"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run, database, words, sentence):
    two_periods(database)
    code, out, error = run(*words, "--json")
    assert (code, out) == (2, "")
    assert sentence in error
    assert error.count("\n") == 1


def test_nothing_to_compare_yet(run):
    code, _out, error = run("care", *PERIODS)
    assert (code, error) == (
        2, "huifang: There is no questionnaire yet: publish one, or import answers with --create.\n",
    )  # fmt: skip
