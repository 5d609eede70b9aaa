"""The questionnaire every installation starts with: the return visit, in Chinese and English."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.actions import publish
from surveys.definition import Definition, from_dict
from surveys.models import Questionnaire

RETURN_VISIT = "return_visit"
Pair = tuple[str, str]  # in Chinese and in English


def _said(zh: str, en: str, *, spoken: Pair, short: Pair, hint: Pair = ("", "")) -> dict[str, Any]:
    said = {
        "zh_Hans": {"text": zh, "spoken": spoken[0], "short": short[0], "hint": hint[0]},
        "en": {"text": en, "spoken": spoken[1], "short": short[1], "hint": hint[1]},
    }
    return {language: {k: v for k, v in texts.items() if v} for language, texts in said.items()}


def _driver(key: str, **texts: Any) -> dict[str, Any]:
    return {
        "key": key,
        "kind": "likert",
        "scale": "sat5",
        "role": "driver",
        "not_applicable": True,
        "texts": _said(**texts),
    }


ITEMS: list[dict[str, Any]] = [
    {
        "key": "overall",
        "kind": "likert",
        "scale": "sat5",
        "role": "overall",
        "required": True,
        "texts": _said(
            "总的来说，您对这次服务满意吗？",
            "Overall, how satisfied are you with this service?",
            spoken=(
                "总的来说，您对这次服务满意吗？非常满意、满意、一般、不满意，还是非常不满意？",
                "Overall: very satisfied, satisfied, neither, dissatisfied or very dissatisfied?",
            ),
            short=("总体满意度", "Overall satisfaction"),
        ),
    },
    {
        "key": "reason",
        "kind": "text",
        "role": "open",
        "show_if": {"item": "overall", "at_most": 2},
        "texts": _said(
            "哪里让您不满意？",
            "What were you not satisfied with?",
            spoken=("您方便说说哪里不满意吗？", "Could you tell me what you were not satisfied with?"),
            short=("不满意的原因", "Reason"),
        ),
    },
    _driver(
        "attitude",
        zh="工作人员的服务态度",
        en="How our staff treated you",
        spoken=("工作人员的服务态度，您满意吗？", "How satisfied are you with how our staff treated you?"),
        short=("服务态度", "Attitude"),
    ),
    _driver(
        "speed",
        zh="办理的快慢",
        en="How fast it was done",
        spoken=("办理的快慢，您满意吗？", "How satisfied are you with how fast it was done?"),
        short=("办理速度", "Speed"),
    ),
    _driver(
        "quality",
        zh="办理的质量",
        en="How well it was done",
        spoken=("办理的质量，您满意吗？", "How satisfied are you with how well it was done?"),
        short=("办理质量", "Quality"),
    ),
    _driver(
        "result",
        zh="办理的结果",
        en="The result",
        spoken=("办理的结果，您满意吗？", "How satisfied are you with the result?"),
        short=("办理结果", "Result"),
    ),
    {
        "key": "resolved",
        "kind": "yesno",
        "role": "resolved",
        "texts": _said(
            "您反映的问题解决了吗？",
            "Has your problem been solved?",
            spoken=("您反映的问题解决了吗？", "Has your problem been solved?"),
            short=("是否解决", "Solved"),
        ),
    },
    {
        "key": "comment",
        "kind": "text",
        "role": "open",
        "texts": _said(
            "还有什么想对我们说的？",
            "Is there anything else you would like to tell us?",
            spoken=("您还有什么想对我们说的吗？", "Is there anything else you would like to tell us?"),
            short=("意见和建议", "Comment"),
            hint=(
                "请勿填写身份证号等个人信息。",
                "Please leave out identity numbers and other personal details.",
            ),
        ),
    },
]


def return_visit() -> Definition:
    """Return the definition of the return visit."""
    return from_dict(
        {
            "title": {"zh_Hans": "服务回访", "en": "Return visit"},
            "intro": {
                "zh_Hans": "请您评价这次服务，帮我们做得更好。",
                "en": "Please rate this service and help us do better.",
            },
            "opening": {
                "zh_Hans": "您好，请问是{customer}吗？我是{organisation}的{agent}。"
                "您反映的“{title}”已经办结，想请您评价，大约一分钟，方便吗？",
                "en": "Hello, is that {customer}? I am {agent} from {organisation}. Your case “{title}” is "
                "closed. May I ask how it went? It takes a minute.",
            },
            "closing": {
                "zh_Hans": "感谢您的评价，再见。",
                "en": "Thank you for your answers. Goodbye.",
            },
            "items": ITEMS,
        }
    )


def seed(session: Session, now: datetime) -> None:
    """Publish the return visit where it is absent; a later version of it is left alone."""
    known = session.execute(select(Questionnaire.id).where(Questionnaire.key == RETURN_VISIT)).first()
    if known is None:
        publish(session, return_visit(), key=RETURN_VISIT, actor="system", now=now)
