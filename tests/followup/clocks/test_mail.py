"""A notice to the staff goes out by real mail, at night too, in the reader's language."""

from dataclasses import replace
from datetime import datetime

import pytest

from core.auth.addresses import set_email
from core.db import Database
from core.outbox.jobs import deliver
from core.settings import Settings
from followup.clocks.jobs import watch
from tests.core.mailserver import mail_server
from tests.followup.factories import new_case, new_user


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "2 cases need you", "Over their limit:"),
        ("zh_Hans", "有 2 个工单需要您处理", "已超过时限："),
    ],
)
def test_an_emergency_reaches_its_handler_at_night(
    migrated_settings: Settings, language: str, subject: str, words: str
) -> None:
    night = datetime.fromisoformat("2026-11-18T23:00:00+08:00")
    with mail_server() as server:
        database = Database(replace(migrated_settings, smtp_url=server.url))
        with database.begin() as session:
            han = new_user(session, "han", "officer", now=night)
            han.language = language
            set_email(session, han, "han@example.org")
            numbers = [
                new_case(session, None, now=night, handler_id=han.id, severity="urgent").number
                for _count in range(2)
            ]
        late = datetime.fromisoformat("2026-11-19T01:30:00+08:00")
        assert watch(database, now=late) == {"breach": 2, "told": 1}
        assert deliver(database, now=late) == {"sent": 1}
        database.dispose()
    (_sender, recipients, mail) = server.received[0]
    text = mail.get_content()
    assert (recipients, mail["Subject"]) == (["han@example.org"], subject)
    assert words in text
    assert all(number in text for number in numbers)
    assert "暖气" not in text  # the subject of a case is the customer's
