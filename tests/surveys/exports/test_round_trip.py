"""An export imported into an empty questionnaire gives the same answers, missing kinds included."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core.db import Database
from core.errors import InputError
from surveys import actions, answering, queries
from surveys.definition import from_dict
from surveys.importing import import_responses
from surveys.models import Response
from surveys.parsing import Given
from tests.surveys.exports import files
from tests.surveys.history import KEY, STARTS, tell, version_one, version_three
from tests.surveys.links import NOW


def publish(database: Database, key: str, made: dict[str, object]) -> queries.LoadedVersion:
    with database.begin() as session:
        actions.publish(session, from_dict(made), key=key, actor="t", now=NOW)
    with database.read() as session:
        return queries.current_version(session, key)


def stored(database: Database, version: queries.LoadedVersion) -> dict[str, dict[str, Given]]:
    """Return the answers of a version by the number that the row had in the file."""
    with database.read() as session:
        rows = session.execute(select(Response).where(Response.version_id == version.id)).scalars().all()
        return {str(row.external_id): answering.stored_answers(session, version, row.id) for row in rows}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_answers_to_one_version_come_back_as_they_were(database: Database, tmp_path: Path, kind: str):
    told = [one for one in tell(database) if one.version == 1]
    path = tmp_path / f"a.{kind}"
    files.export(database, path, span=files.actions.Span(last=STARTS[2] - timedelta(days=1)), words=True)
    if kind == "xlsx":
        keep_first_sheet(path)
    copy = publish(database, "copy", version_one())
    report = import_responses(database, path, questionnaire_key="copy", now=NOW)
    assert (report.errors, report.new) == ([], len(told))
    found = stored(database, copy)
    for one in told:
        assert found[str(one.number)] == {key: hidden(given) for key, given in one.answers.items()}
    with database.read() as session:
        rows = {
            row.external_id: row for row in session.scalars(select(Response)) if row.version_id == copy.id
        }
    for one in told:
        row = rows[str(one.number)]
        assert (row.day, row.mode, row.language, row.handler) == (one.day, one.mode, "en", "Liu")
    assert import_responses(database, path, questionnaire_key="copy", now=NOW).unchanged == len(told)


def keep_first_sheet(path: Path) -> None:
    book = files.load_workbook(path)
    for sheet in book.worksheets[1:]:
        book.remove(sheet)
    book.save(path)


def hidden(given: Given) -> Given:
    """What an export leaves of an answer: no numbers of people."""
    return Given(
        given.value, given.codes, given.number, given.words.replace("13812345678", "***"), given.missing
    )


def test_a_file_with_answers_to_columns_that_are_gone_is_refused(database: Database, tmp_path: Path):
    tell(database)
    files.export(database, tmp_path / "a.csv", words=True)
    publish(database, "copy", version_three())
    report = import_responses(database, tmp_path / "a.csv", questionnaire_key="copy", now=NOW)
    assert {error.column for error in report.errors} >= {"polite__v3", "feel__hcp5_1"}


def test_a_file_without_the_words_is_not_taken_for_skipped_questions(database: Database, tmp_path: Path):
    tell(database)
    files.export(database, tmp_path / "a.csv")
    with pytest.raises(InputError, match="exported without what people wrote"):
        import_responses(database, tmp_path / "a.csv", questionnaire_key=KEY, now=NOW)


def test_the_words_skipped_are_words(database: Database, tmp_path: Path):
    first = publish(database, "first", version_one())
    answers = {
        "overall": Given(value=3),
        "words": Given(words="skipped"),
        "way": Given(value=9, words="refused"),
    }
    with database.begin() as session:
        answering.record(
            session, first, answers, mode="web", stratum_id=actions.blank_stratum(session), handler="",
            language="en", now=datetime.fromisoformat("2026-11-17T10:00:00+08:00"),
        )  # fmt: skip
    files.export(database, tmp_path / "a.csv", key="first", words=True)
    second = publish(database, "second", version_one())
    assert import_responses(database, tmp_path / "a.csv", questionnaire_key="second", now=NOW).new == 1
    [found] = stored(database, second).values()
    assert (found["words"], found["way"]) == (Given(words="skipped"), Given(value=9, words="refused"))
