"""Every text of a questionnaire in one list: what translating, checking and comparing look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from surveys.definition import Definition, ItemDefinition, ItemText, Option, SectionText

ITEM_PARTS = tuple(each.name for each in fields(ItemText))  # text, hint, spoken, short
GREETINGS = ("intro", "opening", "closing")
LIMITS = {"title": 80, "text": 500, "hint": 300, "spoken": 1000, "short": 40, "option": 200}
GREETING_LIMIT = 1000
New = Callable[[str, Mapping[str, str]], dict[str, str]]  # says the text at a path anew


@dataclass(frozen=True, slots=True)
class Wording:
    """One text in every language. ``path`` names it for ever: ``item/q1/hint``, ``option/q1/3``."""

    path: str
    part: str  # title intro opening closing section section_text stem text hint spoken short option
    said: Mapping[str, str]
    needed: bool  # in every language
    item_key: str = ""

    @property
    def is_long(self) -> bool:
        return self.part in {*GREETINGS, "section_text", "stem", "text", "hint", "spoken"}

    @property
    def limit(self) -> int:
        name = {"section": "title", "section_text": "spoken", "stem": "text"}.get(self.part, self.part)
        return LIMITS.get(name, GREETING_LIMIT)

    def lacks(self, language: str) -> bool:
        """Tell whether the text is missing in a language although it is needed, or said in another one."""
        there = bool(self.said.get(language, "").strip())
        return not there and (self.needed or any(text.strip() for text in self.said.values()))


def wordings(definition: Definition) -> Iterator[Wording]:
    """Yield every text, in the order of the page."""
    yield Wording("title", "title", definition.title, needed=True)
    for name in GREETINGS:
        yield Wording(name, name, getattr(definition, name), needed=False)
    headed, stemmed = set[str](), set[str]()
    for item in definition.items:
        if item.section and item.section not in headed:
            headed.add(item.section)
            yield from _of_section(definition, item.section)
        if item.matrix and item.matrix not in stemmed:
            stemmed.add(item.matrix)
            stems = definition.matrices.get(item.matrix, {})
            yield Wording(f"matrix/{item.matrix}", "stem", stems, needed=True)
            yield from of_options(item)
        yield from _of_item(item)
        if not item.matrix:
            yield from of_options(item)
    for key in definition.sections:
        if key not in headed:
            yield from _of_section(definition, key)


def _of_section(definition: Definition, key: str) -> Iterator[Wording]:
    said = definition.sections.get(key, {})
    titles = {language: text.title for language, text in said.items()}
    texts = {language: text.text for language, text in said.items()}
    yield Wording(f"section/{key}/title", "section", titles, needed=True)
    yield Wording(f"section/{key}/text", "section_text", texts, needed=False)


def _of_item(item: ItemDefinition) -> Iterator[Wording]:
    for part in ITEM_PARTS:
        said = {language: getattr(texts, part) for language, texts in item.texts.items()}
        yield Wording(f"item/{item.key}/{part}", part, said, needed=part == "text", item_key=item.key)


def of_options(item: ItemDefinition) -> Iterator[Wording]:
    """Yield the words of an item's options."""
    for option in item.options:
        path = f"option/{item.key}/{option.code}"
        yield Wording(path, "option", option.texts, needed=True, item_key=item.key)


def with_wordings(definition: Definition, said: Mapping[tuple[str, str], str]) -> Definition:
    """Return the draft with the texts given by (path, language); all others stay."""
    languages = definition.languages

    def new(path: str, old: Mapping[str, str]) -> dict[str, str]:
        """Take the given texts; a language without any text is left out, but never the title's."""
        known = list(dict.fromkeys([*languages, *old]))
        texts = {language: said.get((path, language), old.get(language, "")) for language in known}
        return {language: text for language, text in texts.items() if text or path == "title"}

    rows = [_item_said(item, new) for item in definition.items]
    first = {item.matrix: item.options for item in reversed(rows) if item.matrix}
    return replace(
        definition,
        title=new("title", definition.title),
        intro=new("intro", definition.intro),
        opening=new("opening", definition.opening),
        closing=new("closing", definition.closing),
        sections={key: _section_said(key, texts, new) for key, texts in definition.sections.items()},
        matrices={key: new(f"matrix/{key}", stems) for key, stems in definition.matrices.items()},
        items=tuple(
            replace(item, options=first[item.matrix]) if item.matrix and item.options else item
            for item in rows
        ),
    )


def _section_said(key: str, texts: Mapping[str, SectionText], new: New) -> dict[str, SectionText]:
    titles = new(f"section/{key}/title", {language: said.title for language, said in texts.items()})
    below = new(f"section/{key}/text", {language: said.text for language, said in texts.items()})
    known = dict.fromkeys([*titles, *below])
    return {code: SectionText(titles.get(code, ""), below.get(code, "")) for code in known}


def _item_said(item: ItemDefinition, new: New) -> ItemDefinition:
    parts = {
        part: new(
            f"item/{item.key}/{part}",
            {language: getattr(texts, part) for language, texts in item.texts.items()},
        )
        for part in ITEM_PARTS
    }
    known = dict.fromkeys(language for said in parts.values() for language in said)
    texts = {code: ItemText(**{part: parts[part].get(code, "") for part in ITEM_PARTS}) for code in known}
    options = tuple(
        Option(option.code, new(f"option/{item.key}/{option.code}", option.texts), option.other)
        for option in item.options
    )
    return replace(item, texts=texts or item.texts, options=options)
