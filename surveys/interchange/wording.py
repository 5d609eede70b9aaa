"""Recognising our scales by their words: only the same words make the same scale."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.interchange.languages import known
from surveys.scales import LATEST, SCALES, Scale

Texts = Mapping[str, str]  # name of a language in the file -> text
_NUMBERED = re.compile(r"^\d{1,2}(?:分|[-=.、:：)）\s])\s*|[（(]?\d{1,2}\s*分[)）]?$")
_PUNCTUATION = re.compile(r"[\W_]+")
_NOT_APPLICABLE = {
    "不适用", "不了解", "不清楚", "没有接触过", "没接触过", "未接触", "未接触过", "未使用", "没有使用过",
    "说不清", "没有接触过不清楚", "notapplicable", "na", "dontknow", "donotknow", "didnotuse",
    "didnotusedonotknow", "noopinion", "cantsay",
}  # fmt: skip
_RECOMMENDS = re.compile(r"推荐|recommend", re.IGNORECASE)
_OVERALL = re.compile(r"总体|整体|总的来说|综合满意|\boverall\b|in general", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A scale, and the score of each option in the order of the file; None is "not applicable"."""

    scale: Scale
    scores: tuple[int | None, ...]


def recognised(options: Sequence[Texts]) -> Recognised | None:
    """Return the scale whose words the options are, best or worst answer first."""
    outside = [index for index, texts in enumerate(options) if _is_not_applicable(texts)]
    inside = [texts for texts in options if not _is_not_applicable(texts)]
    if len(outside) > 1:
        return None
    for name in LATEST.values():
        scale = SCALES[name]
        for scores in (scale.scores, scale.scores[::-1]):
            if len(scores) == len(inside) and _all_said(scale, scores, inside):
                found: list[int | None] = list(scores)
                for index in outside:
                    found.insert(index, None)
                return Recognised(scale, tuple(found))
    return None


def _all_said(scale: Scale, scores: tuple[int, ...], options: list[Texts]) -> bool:
    """Each option says its word in every language of ours; other languages cannot speak against it."""
    tags = set().union(*(texts.keys() for texts in options))
    ours = {tag: [language] for tag in tags if (language := known(tag))}
    if not ours:
        ours = {tag: list(scale.words) for tag in tags}
    return bool(ours) and all(
        any(
            all(
                tag in texts and is_word(texts[tag], scale, score, language)
                for texts, score in zip(options, scores, strict=True)
            )
            for language in languages
        )
        for tag, languages in ours.items()
    )


def is_word(text: str, scale: Scale, score: int, language: str) -> bool:
    """Tell whether a text is what the scale says for a score; a number before or after does no harm."""
    word = scale.word(score, language)
    if _bare(text) == _bare(word):
        return True
    return scale.family != "rating10" and _bare(_NUMBERED.sub("", text.strip())) == _bare(word)


def _is_not_applicable(texts: Texts) -> bool:
    return bool(texts) and all(_bare(text) in _NOT_APPLICABLE for text in texts.values())


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text[:200]).casefold())


def is_recommendation(stem: Texts) -> bool:
    """Tell whether a question asks how likely somebody recommends: the one that goes from 0 to 10."""
    return any(_RECOMMENDS.search(text) for text in stem.values())


def is_overall(stem: Texts) -> bool:
    """Tell whether a question asks about the whole."""
    return any(_OVERALL.search(text) for text in stem.values())
