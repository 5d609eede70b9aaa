"""From the file of a real survey to every figure of ``compare --json``, held to R.

The data are those of the NHS Friends and Family Test; they are not part of this project, so these tests are
skipped where the folder with them is not beside the checkout.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app import cli
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the reference data are not beside this checkout (../shared/data)"
)


def huifang(settings: Settings, *words: str) -> str:
    env = {
        "HUIFANG_DATABASE_URL": settings.database_url,
        "HUIFANG_DATA_DIR": str(settings.data_dir),
        "HUIFANG_SECRET_KEY": settings.secret_key,
    }
    result = CliRunner().invoke(cli, words, env=env)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def compared(settings: Settings, database: object) -> dict[str, Any]:
    """Import the file through the example mapping and compare two quarters, as a person would."""
    scores, mapping = DATA / "nhs_fft_scores.csv", ROOT / "docs" / "examples" / "nhs_fft.toml"
    huifang(
        settings,
        "responses",
        "import",
        str(scores),
        "--questionnaire",
        "fft",
        "--map",
        str(mapping),
        "--create",
    )
    periods = ("--before", "2021Q4", "--after", "2022Q2")
    found: dict[str, Any] = json.loads(
        huifang(settings, "compare", "fft", *periods, "--by", "service_type", "--json")
    )
    return found


def test_every_figure_agrees_with_r(compared: dict[str, Any]) -> None:
    gold = json.loads((DATA / "gold_nhs_fft.json").read_text())["compare_2021Q4_2022Q2"]
    item = compared["items"][0]
    sides, difference, top = (item["before"], item["after"]), item["difference"], gold["top_box"]
    assert [[side["counts"][str(score)] for score in range(1, 6)] for side in sides] == [
        gold["counts1"],
        gold["counts2"],
    ]
    figures = {
        "n": ([side["n"] for side in sides], gold["n"]),
        "mean": ([side["mean"] for side in sides], gold["mean"]),
        "sd": ([side["sd"] for side in sides], gold["sd"]),
        "interval of the earlier mean": (sides[0]["mean_ci95"], gold["mean_ci95_t_1"]),
        "interval of the later mean": (sides[1]["mean_ci95"], gold["mean_ci95_t_2"]),
        "satisfied": ([side["top_box"]["x"] for side in sides], top["x"]),
        "satisfied share": ([side["top_box"]["p"] for side in sides], top["p"]),
        "Wilson, earlier": (sides[0]["top_box"]["ci95"], top["wilson1"]),
        "Wilson, later": (sides[1]["top_box"]["ci95"], top["wilson2"]),
        "change of the share": (difference["top_box"]["diff"], top["diff"]),
        "Newcombe": (difference["top_box"]["ci95"], top["newcombe"]),
        "change of the mean": (difference["mean"]["diff"], gold["welch"]["diff"]),
        "Welch": (difference["mean"]["ci95"], gold["welch"]["ci95"]),
        "Mann-Whitney": (
            [difference["mann_whitney"][key] for key in ("u", "z", "p")],
            [gold["mann_whitney"][key] for key in ("U_x", "z_nocc_coin", "p_cc")],
        ),
        "Brunner-Munzel": (
            [difference["brunner_munzel"][key] for key in ("statistic", "df", "p")],
            [gold["brunner_munzel"][key] for key in ("statistic", "df", "p")],
        ),
        "Cliff's delta": (difference["cliffs_delta"]["delta"], gold["cliff"]["delta"]),
        "its interval": (difference["cliffs_delta"]["ci95"], gold["cliff"]["ci95"]),
    }
    apart = {
        name: pair for name, pair in figures.items() if pair[0] != pytest.approx(pair[1], rel=1e-9, abs=0)
    }
    assert apart == {}


def test_the_verdict_does_not_claim_more_than_the_figures(compared: dict[str, Any]) -> None:
    verdict = compared["items"][0]["verdict"]
    assert verdict["code"] == "mixed"  # the share rose clearly, the answers as a whole did not (p = 0.079)
    assert "+5 points" in verdict["text"]
    assert "significant" not in verdict["text"]


def test_the_mix_adds_up(compared: dict[str, Any]) -> None:
    mix = compared["items"][0]["mix"]
    assert mix["total"] == pytest.approx(mix["within"] + mix["composition"], rel=1e-12)
