"""The pages of the desk's lists: who may change them, and what a change does at the desk."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.followup.callbacks.test_views import post, taken

LISTS = "/admin/desk/phrase"


def test_a_line_is_added_and_stands_at_the_desk(
    desk: FlaskClient, hired: Callable[[str], FlaskClient]
) -> None:
    sven = hired("sven")
    assert post(sven, LISTS, LISTS, chinese="家里没人", english="Nobody home")[0] == 303
    status, _where, text = post(sven, LISTS, LISTS, chinese="家里没人")
    assert status == 422
    assert "stands in this list already" in text
    assert 'value="家里没人"' in text
    post(sven, f"{LISTS}/dialect/switch", LISTS, active="no")
    post(sven, f"{LISTS}/own_1/move", LISTS, direction="up")
    post(sven, f"{LISTS}/bill", f"{LISTS}/bill", chinese="问费用", english="Asks what it costs")
    page = desk.get(taken(desk)).get_data(as_text=True)
    offered = re.findall(r'data-phrase="([^"]+)"', page)
    assert offered[-3:] == ["Asks what it costs", "Nobody home", "It came back"]
    assert "Speaks dialect" not in offered


def test_only_those_who_lead_change_the_lists(desk: FlaskClient, hired: Callable[[str], FlaskClient]) -> None:
    aldo = hired("aldo")
    page = aldo.get("/admin/desk/reason").get_data(as_text=True)
    assert "Too slow" in page
    assert "Switch off" not in page
    assert aldo.get("/admin/desk/reason/slow").status_code == 403
    assert post(aldo, LISTS, LISTS, chinese="x")[0] == 403
    assert desk.get("/admin/desk").status_code == 403


def test_the_last_reason_to_pause_stays(hired: Callable[[str], FlaskClient]) -> None:
    ada = hired("ada")
    where = "/admin/desk/pause"
    for code in ("break", "meal", "meeting", "training", "other_work", "technical"):
        assert post(ada, f"{where}/{code}/switch", where, active="no")[0] == 303
    page = ada.get(where).get_data(as_text=True)
    assert "one is needed" in page
    assert "1 line is offered" in page
    assert ada.get("/admin/desk/nonsense").status_code == 404
    assert ada.get(f"{where}/nonsense").status_code == 404
