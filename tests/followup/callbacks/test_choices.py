"""The lists of the desk: delivered, renamed, ordered, switched off, never deleted."""

from datetime import datetime

import pytest
from sqlalchemy import select

from core import audit
from core.db import Database
from core.errors import InputError, NotFoundError
from followup.callbacks import choices

NOW = datetime.fromisoformat("2026-11-18T10:00+08:00")
BY = {"actor": "ada", "now": NOW}


def test_every_list_comes_filled_in_both_languages(database: Database) -> None:
    with database.read() as session:
        for kind in choices.KINDS:
            offered = choices.active(session, kind)
            assert 1 < len(offered) <= choices.AT_MOST[kind]
            assert all(set(each.words) == {"en", "zh_Hans"} for each in offered)
        assert choices.word(session, "reason", "slow", "zh_Hans") == "处理太慢"
        assert choices.word(session, "reason", "unheard of", "en") == "unheard of"


def test_a_line_is_added_said_anew_and_moved(database: Database) -> None:
    with database.begin() as session:
        code = choices.add(session, "pause", {"zh_Hans": " 早会  ", "en": ""}, **BY)
        choices.rename(session, "pause", "meal", {"zh_Hans": "吃饭", "en": "Lunch"}, **BY)
        choices.move(session, "pause", code, up=True, **BY)
        choices.move(session, "pause", "break", up=True, **BY)  # it stands first: nothing happens
    with database.read() as session:
        listed = choices.every(session, "pause")
        assert [each.code for each in listed][-2:] == [code, "technical"]
        assert choices.word(session, "pause", code, "en") == "早会"  # the language there is
        assert choices.word(session, "pause", "meal", "en") == "Lunch"
        actions = session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.seq)).all()
        assert actions == ["desk_choice.add", "desk_choice.rename", "desk_choice.move"]


def test_what_is_off_keeps_its_words(database: Database) -> None:
    with database.begin() as session:
        choices.switch(session, "reason", "slow", active=False, **BY)
    with database.read() as session:
        assert "slow" not in [each.code for each in choices.active(session, "reason")]
        assert choices.word(session, "reason", "slow", "en") == "Too slow"


def test_a_list_has_an_end_and_is_never_empty(database: Database) -> None:
    with database.begin() as session:
        for n in range(choices.AT_MOST["phrase"] - len(choices.DELIVERED["phrase"])):
            choices.add(session, "phrase", {"en": f"phrase {n}"}, **BY)
        with pytest.raises(InputError, match="at most"):
            choices.add(session, "phrase", {"en": "one too many"}, **BY)
        for each in choices.active(session, "skip")[1:]:
            choices.switch(session, "skip", each.code, active=False, **BY)
        with pytest.raises(InputError, match="the last one"):
            choices.switch(session, "skip", choices.active(session, "skip")[0].code, active=False, **BY)


@pytest.mark.parametrize("words", [{"en": " "}, {"en": "x" * 41}, {"en": "Too slow"}, {}])
def test_words_that_cannot_stand(database: Database, words: dict[str, str]) -> None:
    with database.begin() as session, pytest.raises(InputError):
        choices.add(session, "reason", words, **BY)


def test_a_list_and_a_line_that_are_not_there(database: Database) -> None:
    with database.begin() as session:
        with pytest.raises(NotFoundError):
            choices.add(session, "nonsense", {"en": "x"}, **BY)
        with pytest.raises(NotFoundError):
            choices.switch(session, "skip", "nonsense", active=True, **BY)
