"""Small questionnaires for the editor's tests."""

from typing import Any

from surveys.definition import Definition, from_dict


def item(key: str, kind: str = "likert", **more: Any) -> dict[str, Any]:
    """One question with a text in Chinese and English."""
    named = {"likert": "sat5", "rating": "rating10", "yesno": "yesno"}.get(kind, "")
    said = {"zh_Hans": {"text": f"{key} 怎么样？"}, "en": {"text": f"How is {key}?"}}
    return {"key": key, "kind": kind, "scale": more.pop("scale", named), "texts": said} | more


def choice(key: str, *words: str, kind: str = "single", **more: Any) -> dict[str, Any]:
    """A choice whose options are coded from 1 on."""
    options = [
        {"code": code, "texts": {"zh_Hans": f"{word}项", "en": word}} for code, word in enumerate(words, 1)
    ]
    return item(key, kind, options=options, **more)


def draft(*items: dict[str, Any], **more: Any) -> Definition:
    """A definition with these questions."""
    return from_dict({"title": {"zh_Hans": "问卷", "en": "Survey"}, "items": list(items)} | more)


def keys(definition: Definition) -> list[str]:
    return [each.key for each in definition.items]
