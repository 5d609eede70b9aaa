"""Chat tools by Apprise, over a real connection: told once, never twice, and no key leaves the settings."""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from sqlalchemy import select, text

from core.auth.settings_shown import groups
from core.errors import SettingsError
from core.outbox import actions
from core.outbox.channels import chat
from core.outbox.channels.chat import addresses, meaning, name_of, names, unreadable
from core.outbox.channels.choice import senders_for
from core.outbox.jobs import deliver
from core.outbox.models import ChannelState, Message
from core.outbox.senders import PermanentError, ServerDownError, ServerTroubleError, UnknownOutcomeError
from core.settings import Settings, checked
from tests.conftest import SECRET
from tests.core.webserver import Reply, in_turn, unused_url, web_server

KEY = "Kx9secretToken"
# A library that Apprise loads for signed mail still uses a module that Python 3.13 no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


def address(server):
    return f"json://user:{KEY}@127.0.0.1:{server.port}/hooks/{KEY}?rto=0.5"


def tell(database, now, *urls, n=1):
    settings = replace(database.settings, alert_urls=" ".join(urls))
    with database.begin() as session:
        for place, name in enumerate(names(settings)):
            actions.enqueue(
                session, key=f"alert:{n}:chat:{place}", channel="chat", purpose="alert", to=name,
                title="满意率低于合理范围", body="城东区：2026年第46周 60%\nhttps://heat.example/alerts/quality/1\n",
                language="zh_Hans", contact_id=None, subject_type="quality_alert", subject_id=n, due_at=now,
                now=now,
            )  # fmt: skip
    return settings


def send(database, settings, now):
    return deliver(database, now=now, senders=senders_for(settings))


def state_of(database):
    with database.read() as session:
        return [row.state for row in session.scalars(select(Message).order_by(Message.id))]


def test_a_message_arrives_once_in_each_chat_tool_at_any_hour(database, now):
    night = now.replace(hour=18)  # two in the morning in Shanghai
    with web_server(Reply()) as one, web_server(Reply()) as two:
        settings = tell(database, night, address(one), address(two))
        assert send(database, settings, night) == {"sent": 2}
        assert send(database, settings, night + timedelta(minutes=5)) == {}
    for server in (one, two):
        [request] = server.received
        said = json.loads(request.body)
        assert said["title"] == "满意率低于合理范围"
        assert said["message"].endswith("https://heat.example/alerts/quality/1")


def test_a_server_with_trouble_is_asked_again_and_the_other_tool_is_not_told_twice(database, now):
    with web_server(in_turn(Reply(500), Reply(200))) as ill, web_server(Reply()) as well:
        settings = tell(database, now, address(ill), address(well))
        assert send(database, settings, now) == {"retried": 1, "sent": 1}
        assert send(database, settings, now + timedelta(minutes=5)) == {"sent": 1}
    assert (len(ill.received), len(well.received)) == (2, 1)


def test_no_answer_in_time_is_never_sent_again_by_itself(database, now):
    with web_server(Reply(wait=0.9)) as slow:
        settings = tell(database, now, address(slow))
        assert send(database, settings, now) == {"uncertain": 1}
        assert send(database, settings, now + timedelta(hours=3)) == {}
    assert len(slow.received) == 1
    assert state_of(database) == ["uncertain"]


def test_a_tool_that_drips_its_answer_holds_up_nobody(database, now, monkeypatch):
    monkeypatch.setattr(chat, "_LONGEST", 2.0)  # each byte comes in time, the whole never does
    with web_server(Reply(trouble="drip")) as slow, web_server(Reply()) as well:
        settings = tell(database, now, address(slow), address(well))
        assert send(database, settings, now) == {"sent": 1, "uncertain": 1}


def test_a_message_that_is_led_elsewhere_did_not_arrive(database, now):
    def led(_request):
        return Reply(302, headers=(("Location", f"{other.url}/login"),))

    with web_server(Reply()) as other, web_server(led) as server:
        settings = tell(database, now, address(server))
        assert send(database, settings, now) == {"failed": 1}
    assert other.connections == 0
    assert other.received == []


def test_a_tool_that_cannot_be_reached_rests_and_loses_nothing(database, now):
    settings = tell(database, now, unused_url().replace("http://", "json://"))
    for step in range(3):
        send(database, settings, now + timedelta(minutes=10 * step))
    with database.read() as session:
        state = session.get(ChannelState, "chat")
        assert state.open_until > now
        assert state.error == "The chat tool cannot be reached."
    assert state_of(database) == ["queued"]


def test_a_refused_message_is_put_aside_and_says_what_to_look_at(database, now):
    with web_server(Reply(404)) as server:
        settings = tell(database, now, address(server))
        assert send(database, settings, now) == {"failed": 1}
    with database.read() as session:
        assert "HUIFANG_ALERT_URLS: 404" in session.scalars(select(Message)).one().error


@pytest.mark.parametrize("others", ["json://127.0.0.1:9", ""])
def test_an_address_that_was_taken_out_gets_nothing(database, now, others):
    with web_server(Reply()) as server:
        settings = tell(database, now, address(server))
        assert send(database, replace(settings, alert_urls=others), now) == {"failed": 1}
    assert server.received == []


@pytest.fixture
def log():
    """Everything that reaches the log of the program, at its most talkative."""
    root, written = logging.getLogger(), StringIO()
    handler, level = logging.StreamHandler(written), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_key_is_stored_logged_or_shown(database, now, log, capfd):
    with web_server(in_turn(Reply(500), Reply(404))) as server:
        settings = tell(database, now, address(server))
        send(database, settings, now)
        send(database, settings, now + timedelta(minutes=5))
    with database.read() as session:
        rows = [
            str(row) for table in ("messages", "transitions", "channel_states")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]  # fmt: skip
        to = [row.to_sealed for row in session.scalars(select(Message))]
    assert to
    assert not any(KEY in row for row in rows)
    assert KEY not in log.getvalue()
    assert KEY not in "".join(capfd.readouterr())
    assert KEY not in name_of(settings, address(server))
    shown = [one for _title, some in groups(settings) for one in some if one.variable == "HUIFANG_ALERT_URLS"]
    assert KEY not in str(shown)
    assert "1" in shown[0].value


def test_addresses_are_divided_where_the_next_begins():
    given = "slack://a/b/c/#one,#two, json://h:1/x mailto://u:p@h?to=a@b.c,d@e.f"
    assert addresses(given) == ["slack://a/b/c/#one,#two", "json://h:1/x", "mailto://u:p@h?to=a@b.c,d@e.f"]
    assert addresses("") == []


def test_the_doctor_can_name_what_apprise_does_not_understand(sqlite_settings):
    settings = replace(sqlite_settings, alert_urls="json://127.0.0.1 nosuchtool://x")
    assert unreadable(settings) == [2]


def test_what_is_no_address_is_refused_at_the_start_without_being_repeated(tmp_path):
    with pytest.raises(SettingsError, match="ALERT_URLS") as refused:
        checked(Settings(data_dir=tmp_path, secret_key=SECRET, alert_urls="hunter2"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("heard", "kind"),
    [
        ("Failed to send JSON POST notification: error=429.", ServerDownError),
        ("Failed: Internal Server Error, error=500.", ServerTroubleError),
        ("Failed: Bad Gateway, error=502.", UnknownOutcomeError),
        ("Failed: Unauthorized, error=401.", PermanentError),
        ("Socket Exception: ConnectTimeoutError(…) ConnectTimeout", ServerDownError),
        ("Socket Exception: Read timed out.", UnknownOutcomeError),
        ("", UnknownOutcomeError),
    ],
)
def test_what_apprise_says_is_understood(heard, kind):
    assert type(meaning(heard)) is kind


def test_apprise_is_loaded_only_by_those_who_have_a_chat_tool():
    code = "import app, sys; assert not {'apprise', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
