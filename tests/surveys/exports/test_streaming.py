"""Exporting streams, and stands in nobody's way."""

import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from core.db import Database
from core.errors import InputError, NotFoundError
from surveys import actions, answering, queries
from surveys.exports import apart, reading, xlsx_files
from surveys.exports.cells import raw
from surveys.exports.columns import layout
from surveys.exports.reading import Span
from surveys.models import Response
from surveys.parsing import Given
from tests.surveys.exports import files
from tests.surveys.history import KEY, tell, versions
from tests.surveys.links import NOW, publish


def test_an_answer_is_stored_while_an_export_runs(database: Database):
    told = tell(database)
    shape = layout(versions(database), with_words=True)
    with database.read() as session:
        rows = reading.rows(session, shape, Span(), raw())
        first = next(rows)
        with database.begin() as writing:
            version = queries.current_version(writing, KEY)
            answering.record(
                writing, version, {"overall": Given(value=1)}, mode="web",
                stratum_id=actions.blank_stratum(writing), handler="", language="en", now=NOW,
            )  # fmt: skip
        rest = list(rows)
    assert first[0] == told[0].number
    assert len(rest) + 1 in {len(told), len(told) + 1}  # a version that was not read yet may have it already


def test_the_database_hands_the_rows_over_in_pieces(database: Database):
    tell(database)
    seen: list[bool] = []

    @event.listens_for(database.engine, "after_cursor_execute")
    def note(_c: object, _cursor: object, _s: object, _p: object, context: object, _many: object) -> None:
        seen.append(bool(getattr(context, "_is_server_side", False)))

    with database.read() as session:
        list(reading.rows(session, layout(versions(database), with_words=False), Span(), raw()))
    assert seen.count(True) == (0 if database.settings.is_sqlite else 3)  # SQLite steps row by row anyway


def test_no_more_memory_for_more_answers(database: Database, tmp_path: Path):
    version = publish(database)
    peaks = []
    for more in (500, 5_000):
        with database.begin() as session:
            blank = actions.blank_stratum(session)
            rows = [
                {"version_id": version.id, "stratum_id": blank, "mode": "web", "day": NOW.date(),
                 "submitted_at": NOW + timedelta(seconds=n), "revision": 1}
                for n in range(more)
            ]  # fmt: skip
            session.execute(insert(Response), rows)
        files.export(database, tmp_path / "a.csv", key="return_visit")
        tracemalloc.start()
        files.export(database, tmp_path / "a.csv", key="return_visit")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_500_000  # what 1 000 rows on their way take


def test_words_are_opened_only_when_they_are_asked_for(database: Database, tmp_path: Path):
    told = tell(database)
    with database.begin() as session:
        version = queries.current_version(session, KEY)
        item = version.item("words")
        assert item is not None
        answers = answering._ANSWERS
        session.execute(answers.update().where(answers.c.item_id == item.id).values(words=b"damaged"))
    assert files.export(database, tmp_path / "a.csv").rows == len(told)
    with pytest.raises(Exception, match="cannot be opened"):
        files.export(database, tmp_path / "a.csv", words=True)
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_what_cannot_be_written_is_one_sentence(database: Database, tmp_path: Path):
    tell(database)
    with pytest.raises(InputError, match="cannot be written"):
        files.export(database, tmp_path / "nowhere" / "a.csv")
    with pytest.raises(NotFoundError, match="no questionnaire"):
        files.export(database, tmp_path / "a.csv", key="nothing")
    with pytest.raises(InputError, match="format should be one of"):
        files.export(database, tmp_path / "a.csv", format="exe")
    with pytest.raises(InputError, match="1 048 575"):
        xlsx_files.check_size(1_048_576)
    with database.read() as session:
        assert session.scalar(select(Response.id).limit(1))


def test_of_an_anonymous_answer_only_the_day_leaves(database: Database, tmp_path: Path):
    from tests.surveys.test_anonymity import NEXT_DAY, fill, open_all

    fill(database, 6)
    assert open_all(database, NEXT_DAY) == 6
    files.export(database, tmp_path / "a.csv", key="staff", words=True)
    rows = files.read_csv(tmp_path / "a.csv")
    assert {row["submitted_at"] for row in rows} == {row["day"] for row in rows} == {NOW.date().isoformat()}
    assert all(int(row["response_id"]) < 0 for row in rows)
    assert {row[name] for row in rows for name in ("seconds", "handler", "department", "language")} == {""}
    assert {row["words"] for row in rows} == {f"said {n}" for n in range(1, 6)}
    for kind in ("xlsx", "sav", "json", "jsonl", "long-csv"):
        assert files.export(database, tmp_path / "b", key="staff", format=kind).rows == 6
    frame, _meta = files.pyreadstat.read_sav(_sav(database, tmp_path))
    assert {at.isoformat() for at in frame["submitted_at"]} == {f"{NOW.date().isoformat()}T00:00:00"}


def _sav(database: Database, folder: Path) -> Path:
    files.export(database, folder / "a.sav", key="staff")
    return folder / "a.sav"


@pytest.mark.parametrize("kind", ["csv", "sav"])
def test_a_large_export_is_the_same_from_a_process_of_its_own(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    tell(database)
    here = files.export(database, tmp_path / f"here.{kind}")
    monkeypatch.setattr(apart, "LARGE", 100)
    wanted = files.Wanted(KEY, kind)
    there = apart.export(database, wanted, tmp_path / f"there.{kind}", responses=180, now=NOW, actor="lena")
    assert (there.rows, there.columns, there.size) == (here.rows, here.columns, here.size)
    if kind == "csv":
        assert (tmp_path / "there.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    lost = files.Wanted("nothing", kind)
    with pytest.raises(NotFoundError, match="no questionnaire nothing"):
        apart.export(database, lost, tmp_path / "x", responses=180, now=NOW, actor="lena")
