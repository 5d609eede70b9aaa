"""Questionnaires that use whatever can stand on paper, published for the tests."""

from datetime import UTC, datetime
from typing import Any

from core.db import Database
from surveys import actions, queries
from surveys.definition import from_dict

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
KEY = "winter"


def texts(zh: str, en: str, hint: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """Return the texts of an item in both languages."""
    said = {"zh_Hans": {"text": zh, "hint": hint[0]}, "en": {"text": en, "hint": hint[1]}}
    return {code: {name: text for name, text in parts.items() if text} for code, parts in said.items()}


def option(code: int, zh: str, en: str, **more: Any) -> dict[str, Any]:
    """Return an option in both languages."""
    return {"code": code, "texts": {"zh_Hans": zh, "en": en}, **more}


OVERALL: dict[str, Any] = {
    "key": "overall", "kind": "likert", "scale": "sat5", "role": "overall", "required": True,
    "texts": texts("总的来说，您对今冬的供暖服务满意吗？",
                   "Overall, how satisfied are you with the heating this winter?"),
}  # fmt: skip
REASON: dict[str, Any] = {
    "key": "reason", "kind": "text", "role": "open", "show_if": {"item": "overall", "at_most": 2},
    "texts": texts("哪里让您不满意？", "What were you not satisfied with?"),
}  # fmt: skip
CHANNELS: dict[str, Any] = {
    "key": "channels", "kind": "multiple",
    "texts": texts("您通过哪些方式联系过我们？", "How did you contact us?"),
    "options": [
        option(1, "电话热线", "Hotline"), option(2, "微信公众号", "WeChat"),
        option(3, "营业厅", "Service hall"),
        option(4, "上门人员", "The fitter at the door"), option(5, "物业转达", "Through the house manager"),
        option(6, "社区网格员", "Through the community"), option(9, "其他", "Other", other=True),
    ],
}  # fmt: skip
HOME: dict[str, Any] = {
    "key": "home", "kind": "single",
    "texts": texts("您家的供暖方式是？", "How is your home heated?"),
    "options": [
        option(1, "暖气片", "Radiators"), option(2, "地暖", "Floor heating"), option(3, "不清楚", "Not sure"),
    ],
}  # fmt: skip
WARMTH: dict[str, Any] = {
    "key": "warmth", "kind": "number", "minimum": 5, "maximum": 35, "not_applicable": True,
    "texts": texts("室内温度大约多少度？", "About how warm is it in your rooms?",
                   ("填摄氏度", "In degrees Celsius")),
}  # fmt: skip
SINCE: dict[str, Any] = {
    "key": "since", "kind": "date", "texts": texts("家里是哪天开始热的？", "On which day did it get warm?"),
}  # fmt: skip
NPS: dict[str, Any] = {
    "key": "recommend", "kind": "rating",
    "texts": texts("您愿意向邻居推荐我们的服务吗？",
                   "How likely are you to recommend us to your neighbours?"),
}  # fmt: skip
COMMENT: dict[str, Any] = {
    "key": "comment", "kind": "text", "role": "open",
    "texts": texts("您还有什么话想对我们说？", "Is there anything else you want to tell us?",
                   ("请勿填写身份证号等个人信息", "Please write no personal data")),
}  # fmt: skip
BY_PHONE_ONLY: dict[str, Any] = {
    "key": "heard", "kind": "yesno", "only": "phone",
    "texts": texts("您听得清楚吗？", "Can you hear me well?"),
}  # fmt: skip


def aspect(key: str, zh: str, en: str, **more: Any) -> dict[str, Any]:
    """Return a rated aspect of the matrix."""
    return {
        "key": key, "kind": "likert", "scale": "sat5", "role": "driver", "not_applicable": True,
        "texts": texts(zh, en), **more,
    }  # fmt: skip


EIGHT = [BY_PHONE_ONLY, OVERALL, REASON, HOME, CHANNELS, WARMTH, SINCE, NPS, COMMENT]
MATRIX = [
    aspect("speed", "上门速度", "How fast somebody came", matrix="visit"),
    aspect("manner", "服务态度", "How you were treated", matrix="visit"),
    aspect("skill", "维修技术", "How well the repair was done", matrix="visit"),
]


def definition(items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a whole questionnaire of these items."""
    return {
        "title": {"zh_Hans": "冬季供暖满意度调查", "en": "Satisfaction with the winter's heating"},
        "intro": {
            "zh_Hans": "您好！为了改进供暖服务，想请您花几分钟填写这份问卷。",
            "en": "Hello! Please take a few minutes for this questionnaire, so that we can do better.",
        },
        "matrices": {"visit": {"zh_Hans": "最近一次上门维修，您对以下方面满意吗？",
                               "en": "About the last visit: how satisfied are you with the following?"}},
        "sections": {
            "home": {"zh_Hans": {"title": "关于您的家", "text": "下面几题只用于统计。"},
                     "en": {"title": "About your home", "text": "These only serve for statistics."}},
            "visit": {"zh_Hans": {"title": "关于上门服务"}, "en": {"title": "About the visit"}},
        },
        "items": items,
        **more,
    }  # fmt: skip


def forty() -> list[dict[str, Any]]:
    """Forty items of every kind in two sections, some of them long."""
    items = [*EIGHT[1:], *({**item, "section": "visit"} for item in MATRIX)]
    long_zh = "请您回想最近一次的经历，包括报修、等候、上门、维修以及事后的回访，"
    long_en = "Think of the last time, from calling us through waiting to the repair and the call after it: "
    while len(items) < 40:
        n = len(items)
        head = (long_zh, long_en) if n % 5 == 0 else ("", "")
        zh, en = f"{head[0]}您对第 {n} 个方面满意吗？", f"{head[1]}how satisfied are you with aspect {n}?"
        scale = ("sat5", "agree7", "ease7", "hcp5", "quality5")[n % 5]
        items.append(aspect(f"a{n}", zh, en, section="home", scale=scale))
    return items


def publish(
    database: Database, items: list[dict[str, Any]] | None = None, *, key: str = KEY, **more: Any
) -> queries.LoadedVersion:
    """Publish one of them."""
    with database.begin() as session:
        made = from_dict(definition(items or EIGHT, **more))
        version = actions.publish(session, made, key=key, actor="test", now=NOW)
    with database.read() as session:
        return queries.load_version(session, version.id)


def loaded(items: list[dict[str, Any]], **more: Any) -> queries.LoadedVersion:
    """Return a version that no database knows, for what needs none."""
    made = from_dict(definition(items, **more))
    found = tuple(
        queries.LoadedItem(place, item.key, item.kind, item.scale, item.role, item.required, item)
        for place, item in enumerate(made.items, start=1)
    )
    return queries.LoadedVersion(1, 1, KEY, 1, dict(made.title), found, made, "")
