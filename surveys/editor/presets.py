"""What a new questionnaire may start from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.i18n import _l
from surveys.definition import Definition, from_dict
from surveys.editor.drafting import reduced
from surveys.editor.forms_items import USUAL_WORDS
from surveys.seeds import return_visit

PRESETS = {  # name -> (what it is called, what is in it)
    "return_visit": (
        _l("Return visit"),
        _l("8 questions after a closed case: overall rating, four aspects, solved or not, comments"),
    ),
    "hcp": (_l("Government rating 好差评"), _l("5 questions with the prescribed five answers")),
    "nps": (_l("Recommendation (NPS)"), _l("2 questions: 0 to 10, and why")),
    "ces": (_l("Ease (CES)"), _l("2 questions: how easy, in 7 steps, and what was difficult")),
    "empty": (_l("Empty"), _l("No question yet")),
}
_ASPECTS = (  # key, role, Chinese, English, short in Chinese, short in English
    (
        "overall",
        "overall",
        "您对本次服务总体满意吗？",
        "How satisfied are you overall?",
        "总体评价",
        "Overall",
    ),
    ("attitude", "driver", "工作人员的服务态度", "How our staff treated you", "服务态度", "Attitude"),
    ("speed", "driver", "办理的快慢", "How fast it was done", "办理速度", "Speed"),
    ("result", "driver", "办理的结果", "The result", "办理结果", "Result"),
)
_COMMENT = {
    "zh_Hans": {
        "text": "还有什么想对我们说的？",
        "hint": "请勿填写身份证号等个人信息。",
        "spoken": "您还有什么想对我们说的吗？",
        "short": "意见和建议",
    },
    "en": {
        "text": "Is there anything else you would like to tell us?",
        "hint": "Please leave out identity numbers and other personal details.",
        "spoken": "Is there anything else you would like to tell us?",
        "short": "Comment",
    },
}
_REASON = {
    "zh_Hans": {"text": "主要原因是什么？", "spoken": "主要原因是什么呢？", "short": "原因"},
    "en": {"text": "What is the main reason?", "spoken": "What is the main reason?", "short": "Reason"},
}
_GREETINGS = {
    "intro": {"zh_Hans": "请您评价这次服务，帮我们做得更好。", "en": "Please help us do better."},
    "opening": {
        "zh_Hans": "您好，我是{organisation}的回访员，想请您评价一下我们的服务，大约一分钟，方便吗？",
        "en": "Hello, I am calling from {organisation}. May I ask you about our service? It takes a minute.",
    },
    "closing": {"zh_Hans": "感谢您的评价，再见。", "en": "Thank you for your answers. Goodbye."},
}


def preset(name: str, title: Mapping[str, str]) -> Definition:
    """Return what to start from, in the languages of the title and under that title."""
    start = {"return_visit": return_visit, "hcp": _hcp, "nps": _nps, "ces": _ces}.get(name)
    definition = start() if start else Definition({}, ())
    return replace(reduced(definition, list(title)), title=dict(title))


def _of(*items: dict[str, Any]) -> Definition:
    return from_dict({"title": {"zh_Hans": "", "en": ""}, **_GREETINGS, "items": list(items)})


def _hcp() -> Definition:
    rated = [
        {
            "key": key,
            "kind": "likert",
            "scale": "hcp5",
            "role": role,
            "required": role == "overall",
            "not_applicable": role == "driver",
            "texts": {
                "zh_Hans": {
                    "text": zh,
                    "short": short_zh,
                    "spoken": zh if "满意" in zh else f"{zh}，您满意吗？",
                },
                "en": {
                    "text": en,
                    "short": short_en,
                    "spoken": en if en[-1] == "?" else f"How satisfied are you with this: {en}?",
                },
            },
        }
        for key, role, zh, en, short_zh, short_en in _ASPECTS
    ]
    return _of(*rated, {"key": "comment", "kind": "text", "role": "open", "texts": _COMMENT})


def _nps() -> Definition:
    asked = {"key": "recommend", "kind": "rating", "role": "overall", "required": True}
    why = {"key": "reason", "kind": "text", "role": "open", "texts": _REASON}
    return _of(asked | {"texts": USUAL_WORDS["nps"]}, why)


def _ces() -> Definition:
    asked = {"key": "ease", "kind": "likert", "scale": "ease7", "role": "overall", "required": True}
    difficult = {
        "zh_Hans": {"text": "哪一步最费事？", "spoken": "哪一步最费事呢？", "short": "费事之处"},
        "en": {"text": "What was difficult?", "spoken": "What was difficult?", "short": "Difficulty"},
    }
    why = {"key": "reason", "kind": "text", "role": "open", "texts": difficult}
    return _of(asked | {"texts": USUAL_WORDS["ces"]}, why | {"show_if": {"item": "ease", "at_most": 3}})
