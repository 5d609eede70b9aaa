"""The pages of the reports: look, keep, make regularly, read what was sent."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select

from analysis.reports.jobs import make_reports
from analysis.reports.models import ReportDefinition, ReportRun
from tests import people
from tests.analysis.answers import AFTER, BEFORE, count, two_periods
from tests.analysis.reports import reading

CARE = "questionnaire=care&before=2025Q3&after=2026Q3"
DUE = datetime(2026, 10, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(now):
    """The pages take their day from the clock: 2026-11-18."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def lena(app, database):
    """The analyst, signed in."""
    people.lena(database)
    return people.sign_in(app.test_client(), "lena")


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)[:2000]
    return answer.get_data(as_text=True)


def send(client, address, data, form=None):
    token = people.csrf_token(client, form or address)
    return client.post(address, data=data | {"csrf_token": token})


def said(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def saved(client, database, **changes):
    """Save a regular report over the form and make it as the scheduler does."""
    data = {"title": "Quality", "every": "quarter", "compared_with": "year", "language": "en", "readers": "1"}
    answer = send(client, "/analysis/reports/new?questionnaire=care", data | changes)
    assert answer.status_code == 303
    with database.begin() as session:
        session.scalars(select(ReportDefinition)).one().next_due = DUE  # as if it had been saved in summer
    make_reports(database, now=DUE)
    with database.read() as session:
        return session.scalars(select(ReportRun)).one()


def test_the_page_and_the_files_say_the_same(lena, database):
    two_periods(database, district="East")
    html = page(lena, f"/analysis/reports/view?{CARE}&by=district")
    assert "Overall satisfaction: 75%, 15 points lower than in Q3 2025" in said(html)
    assert html.count('class="report-chart"') == 2  # comparison and trend
    for kind, text in (("docx", reading.from_docx), ("xlsx", reading.from_xlsx), ("html", reading.from_html)):
        answer = lena.get(f"/analysis/reports/file.{kind}?{CARE}&by=district")
        assert answer.status_code == 200
        name = f"care_2026Q3_2025Q3_2026-11-18.{kind}"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert "15 points lower than in Q3 2025 (plausible range -20 to -10)" in text(answer.data)
    assert lena.get(f"/analysis/reports/file.pdf?{CARE}").data.startswith(b"%PDF")


def test_what_cannot_be_read_is_said(lena, database):
    two_periods(database)
    assert "is not a period" in page(lena, "/analysis/reports/view?after=2026Q5", 400)
    assert "is not a period" in page(lena, "/analysis/reports/file.docx?after=2026Q5", 400)
    page(lena, f"/analysis/reports/file.odt?{CARE}", 404)
    page(lena, "/analysis/reports/" + "0" * 32, 404)


def test_a_regular_report_is_saved_with_the_choices_of_the_address(lena, database):
    two_periods(database, district="East")
    address = f"/analysis/reports/new?{CARE}&district=East&by=mode"
    html = page(lena, address)
    assert re.search(r'<input checked[^>]* name="district"[^>]* value="East"', html)
    assert '<option selected value="mode">' in html
    data = {"title": "East", "every": "month", "compared_with": "previous", "language": "zh_Hans"}
    assert send(lena, address, data | {"by": "mode", "district": "East"}).status_code == 303
    with database.read() as session:
        found = session.scalars(select(ReportDefinition)).one()
        assert found.query == {"by": "mode", "district": ["East"]}
        assert found.changed_by == "lena"
    listed = said(page(lena, "/analysis/reports"))
    assert "every month" in listed
    assert "2026-12-04" in listed
    assert "October 2026" in listed


def test_bad_forms_come_back_with_what_was_typed(lena, database):
    two_periods(database)
    data = {"title": "", "every": "week", "compared_with": "year", "language": "en"}
    answer = send(lena, "/analysis/reports/new?questionnaire=care", data)
    assert answer.status_code == 422
    assert "Give the report a title" in answer.get_data(as_text=True)
    good = data | {"title": "Quality", "every": "half"}
    assert send(lena, "/analysis/reports/new?questionnaire=care", good).status_code == 303
    answer = send(lena, "/analysis/reports/new?questionnaire=care", good)
    assert answer.status_code == 422
    assert "Another report has this title" in said(answer.get_data(as_text=True))
    page(lena, "/analysis/reports/new?questionnaire=care&item=gone", 422)
    page(lena, "/analysis/reports/saved/99", 404)


def test_two_who_change_it_at_once_do_not_overwrite_each_other(lena, database):
    two_periods(database)
    saved(lena, database)
    data = {"title": "Quality", "every": "month", "compared_with": "year", "language": "en", "version": "1"}
    assert send(lena, "/analysis/reports/saved/1", data).status_code == 303
    answer = send(lena, "/analysis/reports/saved/1", data | {"every": "year"})
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert "Somebody else changed this report" in said(html)
    shown = re.search(r'name="version"[^>]* value="(\d+)"', html)[1]  # who looked and saves again may
    assert (
        send(lena, "/analysis/reports/saved/1", data | {"every": "year", "version": shown}).status_code == 303
    )


def test_what_it_asks_is_changed_and_what_was_made_keeps_its_question(lena, database):
    two_periods(database, district="East")
    run = saved(lena, database)
    data = {"title": "Quality", "every": "quarter", "compared_with": "year", "language": "en", "version": "1"}
    answer = send(lena, "/analysis/reports/saved/1", data | {"item": "gone", "by": "mode"})
    assert answer.status_code == 422  # only what is offered
    answer = send(lena, "/analysis/reports/saved/1", data | {"item": "overall", "by": "mode", "mode": "web"})
    assert answer.status_code == 303
    with database.begin() as session:
        found = session.scalars(select(ReportDefinition)).one()
        assert (found.query, found.version) == ({"item": ["overall"], "by": "mode", "mode": ["web"]}, 2)
        assert session.scalars(select(ReportRun)).one().query == run.query
        assert "by" not in run.query
        found.query = {"item": ["gone"]}  # as if a later version of the questionnaire had left it out
        found.next_due = DUE
    assert make_reports(database, now=datetime(2027, 1, 4, 1, tzinfo=UTC)) == {"failed": 1}
    html = page(lena, "/analysis/reports/saved/1")
    assert "gone (gone)" in said(html)
    answer = send(lena, "/analysis/reports/saved/1", data | {"item": "gone", "version": "2"})
    assert answer.status_code == 422
    assert "but is gone" in said(answer.get_data(as_text=True))


def test_it_is_paused_and_goes_on(lena, database):
    two_periods(database)
    saved(lena, database)
    assert send(lena, "/analysis/reports/saved/1/switch", {"on": "0"}, "/analysis/reports").status_code == 303
    assert "paused" in said(page(lena, "/analysis/reports"))
    assert send(lena, "/analysis/reports/saved/1/switch", {"on": "1"}, "/analysis/reports").status_code == 303
    assert "2027-01-04" in said(page(lena, "/analysis/reports"))


def test_a_report_that_was_sent_keeps_its_figures_and_says_what_changed(lena, database):
    version = two_periods(database, district="East")
    run = saved(lena, database)
    address = f"/analysis/reports/{run.uid}"
    html = said(page(lena, address))
    assert "Made again today it is the same" in html
    first = {kind: lena.get(f"{address}/file.{kind}").data for kind in ("docx", "xlsx", "html")}
    named = lena.get(f"{address}/file.html").headers["Content-Disposition"]
    assert "report_2026Q3_2026-10-04.html" in named  # the local day: at the server's clock it was the 3rd
    count(database, version, AFTER, {"overall": {1: -4, 5: 4}}, district="East")
    html = said(page(lena, address))
    assert "Made again today it differs: Answers or invitations of the later period changed." in html
    assert "75%, 15 points lower" in html
    again = {kind: lena.get(f"{address}/file.{kind}").data for kind in first}
    assert first == again
    count(database, version, BEFORE, {"overall": {1: -1, 5: 1}}, district="East")
    assert "of the earlier period changed" in said(page(lena, address))


def test_a_chinese_report_is_the_same_for_whoever_reads_it(lena, database):
    two_periods(database, district="East")
    run = saved(lena, database, language="zh_Hans")
    for language in ("en", "zh"):
        html = page(lena, f"/analysis/reports/{run.uid}?lang={language}")
        assert 'class="report-same"' in html
        assert "2026年第三季度" in html


def test_an_auditor_reads_what_was_made_and_changes_nothing(app, lena, database):
    two_periods(database)
    run = saved(lena, database)
    people.aldo(database)
    aldo = people.sign_in(app.test_client(), "aldo")
    assert "Pause" not in said(page(aldo, "/analysis/reports"))
    assert "75%" in page(aldo, f"/analysis/reports/{run.uid}")
    assert aldo.get(f"/analysis/reports/{run.uid}/file.html").status_code == 200
    for address in ("/analysis/reports/new", "/analysis/reports/view", "/analysis/reports/saved/1"):
        assert aldo.get(address).status_code == 403


def test_without_any_questionnaire_the_pages_stand(lena):
    page(lena, "/analysis/reports")
    page(lena, "/analysis/reports/new")
    page(lena, "/analysis/reports/view")


def test_the_report_of_a_season_is_a_file_that_a_server_can_send(lena, database):
    """Headers are Latin-1: the server would break off in the middle of the answer."""
    two_periods(database)
    answer = lena.get("/analysis/reports/file.html?questionnaire=care&before=2024供暖季&after=2025供暖季")
    named = answer.headers["Content-Disposition"]
    assert answer.status_code == 200
    assert "UTF-8''care_2025%E4%BE%9B%E6%9A%96%E5%AD%A3" in named
    named.encode("latin-1")
