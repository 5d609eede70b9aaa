"""The page and the server agree on what is asked; and names of items that scripts stumble over do no harm."""

import json
import random
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from core import clock
from surveys.definition import from_dict
from surveys.models import Response
from surveys.parsing import is_asked, parse_form
from surveys.queries import LoadedVersion
from tests.browser.conftest import Open, Site
from tests.browser.test_respondent import choose, submit
from tests.surveys import kinds
from tests.surveys.links import rows

VALUES: dict[str, list[Any]] = {
    "overall": ["", "1", "2", "3", "5"], "nps": ["", "0", "6", "7", "10", "na"], "way": ["", "1", "2", "9"],
    "ways": ["", "1", "2 9", "9", "1 2 3"], "solved": ["", "1", "2"],
    "degrees": ["", "5", "18", "18.5", "１８", "1e1", "x", "0x12", "-3", ".5"],
    "visit": ["", "2026-12-01", "2025-01-31", "2026-11-30"], "comment": ["", " ", "words"],
}  # fmt: skip
ON = {
    "overall": (1, 3), "nps": (0, 6, 10), "way": (2, 9), "ways": (1, 9), "solved": (1,), "degrees": (18, -3),
    "visit": (739_951, 739_585), "comment": (None,),
}  # fmt: skip
OPERATORS = {
    "ways": ("has", "has_not", "answered", "unanswered"), "comment": ("answered", "unanswered"),
    "way": ("=", "!=", "has", "has_not", "answered"),
}  # fmt: skip
EVERY = ("<=", "<", ">=", ">", "=", "!=", "answered", "unanswered")


def conditional_items(chance: random.Random, n: int) -> list[dict[str, Any]]:
    """Items with conditions of one or two comparisons, some on each other."""
    made: list[dict[str, Any]] = []
    for number in range(n):
        parts = []
        for _part in range(chance.choice((1, 1, 2))):
            on = chance.choice([*ON, *(item["key"] for item in made[-3:])])
            if on in ON:
                operator = chance.choice(OPERATORS.get(on, EVERY))
                value = chance.choice(ON[on])
            else:
                operator, value = chance.choice(("answered", "unanswered")), None
            part = {"item": on, "is": operator}
            parts.append(part if operator in ("answered", "unanswered") else part | {"value": value})
        condition = {chance.choice(("any", "all")): parts}
        texts = kinds.worded(f"条件 {number}", f"Condition {number}")
        made.append({"key": f"c{number}", "kind": "yesno", "texts": texts, "show_if": condition})
    return made


def loaded(version: LoadedVersion, form: dict[str, str]) -> set[str]:
    """What the server asks of a form, conditional items answered wherever they are asked."""
    data = MultiDict[str, str]()
    for key, written in form.items():
        for value in written.split(" ") if key == "ways" else [written]:
            data.add(key, value)
    data.add("degrees-sure", form["degrees"])  # unlikely ones were asked about
    answers, _problems = parse_form(version, data, mode="web", complete=False)
    return {item.item_key for item in version.items if is_asked(item, answers, "web")}


FILL = """form => { for (const [key, written] of Object.entries(form)) {
  for (const field of document.querySelectorAll(`[name="${key}"]`)) {
    if (field.type === 'radio') field.checked = field.value === written;
    else if (field.type === 'checkbox') field.checked = written.split(' ').includes(field.value);
    else field.value = written;
  }}
  document.querySelector('#answers').dispatchEvent(new Event('change', {bubbles: true}));
  return [...document.querySelectorAll('.item')].filter(e => !e.hidden).map(e => e.dataset.item)
    .concat([...document.querySelectorAll('.extra')].map(e => e.dataset.item)); }"""


def test_the_page_opens_what_the_server_would_ask(site: Site, open_page: Open):
    chance = random.Random(20261121)
    plain = [dict(item) for item in kinds.ITEMS if item["key"] in VALUES]
    for item in plain:
        item.pop("show_if", None)
        item.pop("section", None)
    items = plain + conditional_items(chance, 40)
    definition = kinds.all_kinds(items=items, sections={}, matrices={})
    assert from_dict(definition)
    version = kinds.publish(site.database, definition)
    page = open_page()
    page.goto(f"{site.url}/s/{kinds.invite(site.database, version, at=clock.now())}")
    for _round in range(60):
        form = {key: chance.choice(values) for key, values in VALUES.items()}
        form |= {f"c{n}": chance.choice(("", "1", "2")) for n in range(40)}
        assert set(page.evaluate(FILL, form)) == loaded(version, form), json.dumps(form)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_items_may_be_called_what_they_like(site: Site, open_page: Open, scripts: bool):
    names = "action submit elements method length id errors answers network reset name hidden form nodename"
    items = [kinds.ITEMS[0] | {"section": ""}] + [
        {"key": name, "kind": "text", "texts": kinds.worded(name, name)} for name in names.split()
    ]
    version = kinds.publish(site.database, kinds.all_kinds(items=items, sections={}, matrices={}))
    page = open_page(scripts=scripts)
    page.goto(f"{site.url}/s/{kinds.invite(site.database, version, at=clock.now())}")
    page.locator("[name=action]").fill("x")
    submit(page)  # the required one is missing
    page.wait_for_selector(".summary")
    choose(page, "overall", 4)
    page.locator(".later").click()
    page.wait_for_url("**saved=1*")
    submit(page)
    page.wait_for_url("**/thanks*")
    assert len(rows(site.database, Response)) == 1
