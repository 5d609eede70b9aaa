"""A questionnaire with every kind of question, sections, a matrix and conditions, and a link to it."""

from datetime import datetime, timedelta
from typing import Any

from core.db import Database
from surveys import actions, queries
from surveys.definition import from_dict
from tests.surveys.links import NOW

TITLE = {"zh_Hans": "供暖季满意度调查", "en": "Heating season survey"}


def both(zh: str, en: str) -> dict[str, str]:
    return {"zh_Hans": zh, "en": en}


def worded(zh: str, en: str, short_zh: str = "", short_en: str = "", **more: Any) -> dict[str, Any]:
    """Texts of an item: the question, and a short name where it is long."""
    texts: dict[str, dict[str, str]] = {"zh_Hans": {"text": zh}, "en": {"text": en}}
    if short_zh:
        texts["zh_Hans"]["short"], texts["en"]["short"] = short_zh, short_en
    for name, (said_zh, said_en) in more.items():
        texts["zh_Hans"][name], texts["en"][name] = said_zh, said_en
    return texts


def options(*said: tuple[int, str, str], other: int = 0) -> list[dict[str, Any]]:
    return [
        {"code": code, "texts": both(zh, en)} | ({"other": True} if code == other else {})
        for code, zh, en in said
    ]


WAYS = options(
    (1, "电话", "By phone"), (2, "微信", "WeChat"), (3, "营业厅", "At the counter"), (9, "其他", "Other"),
    other=9,
)  # fmt: skip
ITEMS: list[dict[str, Any]] = [
    {"key": "overall", "scale": "sat5", "role": "overall", "required": True, "section": "service",
     "texts": worded("总的来说，您对供暖服务满意吗？", "Overall, how satisfied are you with the heating?",
                     "总体满意度", "Overall satisfaction")},
    {"key": "reason", "kind": "text", "role": "open", "section": "service",
     "show_if": {"item": "overall", "at_most": 2},
     "texts": worded("哪里让您不满意？", "What were you not satisfied with?")},
    {"key": "warm", "scale": "agree5", "matrix": "home", "section": "service", "not_applicable": True,
     "texts": worded("白天够暖和", "warm enough by day")},
    {"key": "night", "scale": "agree5", "matrix": "home", "section": "service", "not_applicable": True,
     "texts": worded("夜里也够暖和", "warm enough by night")},
    {"key": "pipes", "scale": "agree5", "matrix": "home", "section": "service", "not_applicable": True,
     "show_if": {"all": [{"item": "warm", "is": "<=", "value": 2}]},
     "texts": worded("管道摸上去是热的", "with pipes that feel hot")},
    {"key": "nps", "kind": "rating", "section": "service", "not_applicable": True,
     "texts": worded("您愿意向邻居推荐我们吗？", "How likely are you to recommend us to a neighbour?",
                     "推荐意愿", "Recommendation")},
    {"key": "way", "kind": "single", "section": "contact", "options": WAYS,
     "texts": worded("您是怎么联系我们的？", "How did you reach us?", "联系方式", "Way")},
    {"key": "ways", "kind": "multiple", "section": "contact", "options": WAYS, "not_applicable": True,
     "texts": worded("您希望我们怎么联系您？", "How should we reach you?", "希望的方式", "Wished ways")},
    {"key": "wechat", "kind": "text", "single_line": True, "limit": 30, "section": "contact",
     "show_if": {"any": [{"item": "way", "is": "has", "value": 2},
                         {"item": "ways", "is": "has", "value": 2}]},
     "texts": worded("您关注的是哪个公众号？", "Which of our WeChat accounts do you follow?",
                     hint=("例如“城东供热”", "For example “East City Heating”"))},
    {"key": "solved", "kind": "yesno", "role": "resolved", "section": "contact",
     "texts": worded("问题解决了吗？", "Has your problem been solved?", "是否解决", "Solved")},
    {"key": "visit", "kind": "date", "section": "contact",
     "show_if": {"all": [{"item": "solved", "is": "=", "value": 1},
                         {"item": "overall", "is": "<", "value": 4}]},
     "texts": worded("您希望哪天上门？", "On which day shall we come?")},
    {"key": "degrees", "kind": "number", "minimum": 10, "maximum": 30, "soft": True, "section": "contact",
     "texts": worded("您家客厅现在多少度？", "How warm is your living room now?", "室温", "Room temperature",
                     hint=("摄氏度，例如 18", "In degrees Celsius, for example 18"))},
    {"key": "cold", "kind": "single", "section": "contact", "options": WAYS[:3],
     "show_if": {"all": [{"item": "degrees", "is": "<", "value": 18}]},
     "texts": worded("屋里冷，您跟谁说过？", "It is cold: whom did you tell?")},
    {"key": "agent_note", "kind": "text", "only": "phone", "section": "contact",
     "texts": worded("客户的语气", "How the customer sounded")},
    {"key": "web_only", "kind": "yesno", "only": "web", "section": "contact",
     "texts": worded("这个页面好用吗？", "Was this page easy to use?")},
    {"key": "comment", "kind": "text", "role": "open", "section": "contact",
     "texts": worded("还有什么想对我们说的？", "Is there anything else you would like to tell us?",
                     hint=("请勿填写身份证号等个人信息。", "Please leave out identity numbers."))},
]  # fmt: skip


def all_kinds(**changes: Any) -> dict[str, Any]:
    """The questionnaire as plain values."""
    return {
        "title": TITLE,
        "intro": both("请您说说这个供暖季的情况。", "Please tell us how this heating season went."),
        "sections": {
            "service": {
                "zh_Hans": {"title": "供暖情况", "text": "请按最近一个月的情况回答。"},
                "en": {"title": "The heating", "text": "Please think of the last month."},
            },
            "contact": {"zh_Hans": {"title": "联系我们"}, "en": {"title": "Reaching us"}},
        },
        "matrices": {"home": both("您家里", "My home is")},
        "items": ITEMS,
    } | changes


def publish(
    database: Database, definition: dict[str, Any] | None = None, key: str = "season"
) -> queries.LoadedVersion:
    """Publish a questionnaire as it is given."""
    with database.begin() as session:
        made = actions.publish(session, from_dict(definition or all_kinds()), key=key, actor="t", now=NOW)
        version_id = made.id
    with database.read() as session:
        return queries.load_version(session, version_id)


def invite(
    database: Database,
    version: queries.LoadedVersion,
    *,
    at: datetime = NOW,
    days: int = 14,
    language: str = "zh_Hans",
    **about: str,
) -> str:
    """Send one personal link to a version; return its token."""
    with database.begin() as session:
        _invitation, token = actions.invite(
            session,
            version_id=version.id,
            contact_id=None,
            stratum_id=actions.stratum_id(session, service_type="供暖"),
            handler="",
            reference="",
            about=about,
            language=language,
            channel="sms",
            answer_by=at + timedelta(days=days),
            now=at,
        )
    return token
