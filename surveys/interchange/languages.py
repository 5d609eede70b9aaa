"""Which of the languages of a file become ours, and what happens to the others."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.i18n import LANGUAGES, _, named
from surveys.interchange.notes import Note, listed
from surveys.interchange.texts import has_chinese

_CODE = re.compile(r"\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)\s*\)\s*$")
_WORDS = {
    "chinese": "zh_Hans", "simplified chinese": "zh_Hans", "中文": "zh_Hans", "简体中文": "zh_Hans",
    "汉语": "zh_Hans", "普通话": "zh_Hans", "english": "en", "英语": "en", "英文": "en",
}  # fmt: skip


def known(tag: str) -> str | None:
    """Return our language for ``zh-Hans``, ``Chinese (zh)``, ``English``; None for one that is not ours."""
    tag = tag.strip()
    code = _CODE.search(tag)
    if code:
        return named(code[1].replace("_", "-"))
    return _WORDS.get(tag.lower()) or named(tag.replace("_", "-"))


def written(language: str) -> str:
    """Return how a language is called in the headings of a file: ``zh-Hans``, ``en``."""
    return language.replace("_", "-")


def settle(
    definition: dict[str, Any], *, default: str = "", wanted: str | None = None
) -> tuple[dict[str, Any], list[Note]]:
    """Turn the language names of a file into ours, in every text of a definition.

    ``default`` is what the file calls its main language; texts without a language have the name "".
    ``wanted`` is our language for it where none of the file's is ours.
    """
    places = list(_places(definition))
    tags = list(dict.fromkeys(tag for texts in places for tag in texts))
    chosen = _chosen(tags)
    notes: list[Note] = []
    main = default if default in tags else tags[0] if tags else ""
    if not chosen and tags:
        ours = wanted or _guess(texts[main] for texts in places if main in texts)
        chosen = {main: ours}
        if main:
            notes.append(
                Note(
                    "",
                    _(
                        "The language %(name)s is not spoken here; its texts were taken as %(ours)s.",
                        name=main,
                        ours=LANGUAGES[ours],
                    ),
                )
            )
    elif "" in tags and not _settle_nameless(places, chosen, wanted):
        tags.remove("")  # each had a place, or was there twice with the same words
    notes += _without_scattered(definition, chosen)
    left = [tag or _("(texts without a language)") for tag in tags if tag not in chosen]
    if left:
        notes.append(Note("", _("Texts in these languages were left out: %(names)s.", names=listed(left))))
    for texts in places:
        said = {chosen[tag]: text for tag, text in texts.items() if tag in chosen}
        if texts and not said:  # its only text is better than none
            said = {next(iter(chosen.values())): next(iter(texts.values()))}
        texts.clear()
        texts.update(said)
    return definition, notes


def _without_scattered(definition: dict[str, Any], chosen: dict[str, str]) -> list[Note]:
    """Leave out a language that less than half of the questions have: nobody could be asked in it."""
    counts = {
        language: sum(
            any(chosen.get(tag) == language for tag in item["texts"]) for item in definition["items"]
        )
        for language in chosen.values()
    }
    notes = []
    for language, count in counts.items():
        if count * 2 < max(counts.values()):
            for tag in [tag for tag, ours in chosen.items() if ours == language]:
                del chosen[tag]
            notes.append(
                Note("", _("Only %(n)d of %(all)d questions have a text in %(name)s.",
                           n=count, all=len(definition["items"]), name=LANGUAGES[language]))
            )  # fmt: skip
    return notes


def _chosen(tags: list[str]) -> dict[str, str]:
    """Return the tags that are ours; of two names for one language the first wins."""
    chosen: dict[str, str] = {}
    for tag in tags:
        ours = known(tag) if tag else None
        first = next((other for other, language in chosen.items() if language == ours), tag)
        if ours and first.lower() == tag.lower():
            chosen[tag] = ours
    return chosen


def _settle_nameless(places: list[dict[str, Any]], chosen: dict[str, str], wanted: str | None) -> bool:
    """Texts without a language beside others that name ours count where their place is free.

    Tell whether some of them found no place.
    """
    ours = wanted or _guess(texts[""] for texts in places if "" in texts)
    for texts in places:
        for tag, language in chosen.items():
            if language == ours and "" in texts:
                texts.setdefault(tag, texts[""])
                break
    if ours not in chosen.values():
        chosen[""] = ours
        return False
    mine = [tag for tag, language in chosen.items() if language == ours]
    left = [
        texts.pop("") for texts in places if "" in texts and texts[""] not in [texts.get(t) for t in mine]
    ]
    for texts in places:
        texts.pop("", None)
    return bool(left)


def _guess(texts: Iterable[Any]) -> str:
    sample = "".join(text if isinstance(text, str) else str(text.get("text", "")) for text in texts)
    return "zh_Hans" if has_chinese(sample[:20_000]) else "en"


def _places(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every mapping of languages in a definition."""
    for name in ("title", "intro", "opening", "closing"):
        if name in definition:
            yield definition[name]
    for name in ("sections", "matrices"):
        yield from definition.get(name, {}).values()
    for item in definition["items"]:
        yield item["texts"]
        for option in item.get("options", ()):
            yield option["texts"]
