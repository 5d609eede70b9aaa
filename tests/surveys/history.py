"""A questionnaire with a history: more than eight edits over three versions, and answers to each of them.

What was answered is kept in plain lists beside the database, so that every count has a witness that no code
of the program has touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from core.db import Database
from surveys import actions, answering, queries
from surveys.definition import from_dict
from surveys.models import Missing
from surveys.parsing import Given
from surveys.queries import LoadedItem, LoadedVersion

KEY = "history"
EACH = 60  # responses to each version
STARTS = {1: date(2026, 1, 5), 2: date(2026, 4, 6), 3: date(2026, 7, 6)}  # a quarter each
QUARTERS = {1: "2026Q1", 2: "2026Q2", 3: "2026Q3"}
MODES = ("web", "phone", "paper")


@dataclass(frozen=True)
class Told:
    """One response as it was given."""

    number: int
    version: int
    day: date
    mode: str
    district: str
    answers: Mapping[str, Given]


def item(key: str, text: str = "", **more: Any) -> dict[str, Any]:
    said = text or key
    return {"key": key, "text": {"en": f"{said}?", "zh_Hans": f"{said}吗？"}} | more


def options(*pairs: tuple[int, str], other: int = 0) -> list[dict[str, Any]]:
    return [
        {"code": code, "texts": {"en": said, "zh_Hans": f"选{said}"}, "other": code == other}
        for code, said in pairs
    ]


WAYS = ((1, "hotline"), (2, "counter"), (3, "web"), (4, "neighbour"))
WAY = ((1, "phone"), (2, "mail"), (9, "another"))
LIKERT = {"scale": "sat5", "kind": "likert"}


def version_one() -> dict[str, Any]:
    return {
        "title": {"en": "History", "zh_Hans": "历史"},
        "matrices": {"staff": {"en": "Our staff", "zh_Hans": "工作人员"}},
        "items": [
            item("overall", **LIKERT, role="overall", required=True),
            item("speed", **LIKERT),
            item("polite", **LIKERT),
            item("feel", **LIKERT),
            item("ways", kind="multiple", options=options(*WAYS)),
            item("way", kind="single", options=options(*WAY, other=9)),
            item("contact", kind="single", options=options((1, "a"), (2, "b"), (3, "c"))),
            item("calm", scale="agree5", matrix="staff"),
            item("clear", scale="agree5", matrix="staff"),
            item("visits", kind="number", minimum=0, maximum=99),
            item("seen", kind="date"),
            item("solved", kind="yesno", role="resolved"),
            item("words", kind="text", role="open"),
        ],
    }


def version_two() -> dict[str, Any]:
    made = version_one()
    at = _by_key(made)
    at["ways"]["options"] = options(*(pair for pair in WAYS if pair[0] != 2))  # 1 an option goes
    at["way"]["options"] = options(*reversed(WAY), other=9)  # 2 the order turns
    at["contact"]["kind"] = "multiple"  # 3 single becomes multiple
    at["feel"]["scale"] = "hcp5"  # 4 another scale
    at["speed"]["text"] = {"en": "How fast were we?", "zh_Hans": "我们快吗？"}  # 5 reworded
    at["polite"]["text"] = {"en": "polite ?", "zh_Hans": "polite吗"}  # 6 a slip mended: the same
    made["items"].insert(1, item("nps", kind="rating"))  # 7 a new item
    made["items"].insert(_place(made, "clear") + 1, item("patient", scale="agree5", matrix="staff"))  # 8
    made["items"] = [each for each in made["items"] if each["key"] != "visits"]  # 9 an item goes
    made["changes"] = {"ways": "same", "speed": "reworded", "polite": "same"}
    return made


def version_three() -> dict[str, Any]:
    made = version_two()
    at = _by_key(made)
    texts = {1: "by telephone", 2: "by letter", 9: "another way"}
    at["way"]["options"] = options(*((code, texts[code]) for code, _said in reversed(WAY)), other=9)  # 10
    at["polite"]["text"] = {"en": "Did we keep our word?", "zh_Hans": "我们守信吗？"}  # 11 a break
    at["contact"]["options"] = options((1, "a"), (2, "b"), (3, "c"), (5, "e"))  # 12 an option comes
    made["items"].append(item("visits", kind="number", minimum=0, maximum=99))  # 13 the item is back
    made["changes"] = {"way": "same", "polite": "break", "contact": "same"}
    return made


def _by_key(made: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: each for each in made["items"]}


def _place(made: dict[str, Any], key: str) -> int:
    return [each["key"] for each in made["items"]].index(key)


def tell(database: Database) -> list[Told]:
    """Publish the three versions, answer each of them, return what was answered."""
    random = Random(2026)
    told: list[Told] = []
    for number, made in enumerate((version_one(), version_two(), version_three()), start=1):
        at = datetime.combine(STARTS[number], datetime.min.time(), UTC) + timedelta(hours=2)
        with database.begin() as session:
            actions.publish(session, from_dict(made), key=KEY, actor="t", now=at)
        with database.begin() as session:
            version = queries.current_version(session, KEY)
            assert version.number == number
            for n in range(EACH):
                day, mode, district = at + timedelta(days=n % 60, minutes=n), MODES[n % 3], f"区{n % 2}"
                answers = {each.item_key: given(each, random) for each in version.items}
                stratum = actions.stratum_id(session, district=district)
                stored = answering.record(
                    session, version, answers, mode=mode, stratum_id=stratum, handler="Liu", language="en",
                    now=day, external_id=f"{number}-{n}",
                )  # fmt: skip
                told.append(Told(stored.response_id, number, day.date(), mode, district, answers))
    return told


def given(each: LoadedItem, random: Random) -> Given:
    """Return an answer, or one of the five reasons why there is none."""
    if random.random() < 0.25:
        return Given(missing=random.choice(list(Missing)))
    if each.kind == "multiple":
        codes = each.definition.values()
        return Given(codes=tuple(sorted(random.sample(codes, random.randint(1, len(codes))))))
    if each.kind == "number":
        return Given(number=float(random.choice([0, 1, 2.5, 99])))
    if each.kind == "date":
        return Given(number=float(date(2026, 1, random.randint(1, 31)).toordinal()))
    if each.kind == "text":
        return Given(words=random.choice(["很好", "=1+1", "热水不热\n第二行", "电话 13812345678"]))
    value = random.choice(each.definition.values())
    return Given(value=value, words="飞鸽" if value == each.definition.other else "")


def versions(database: Database) -> list[LoadedVersion]:
    with database.read() as session:
        return queries.versions(session, KEY)
