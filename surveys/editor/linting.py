"""What to look at before publishing: advice, and what stands in the way. The sentences are in ``words``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surveys.checking import LONGEST, problems
from surveys.definition import CHOSEN, Definition, ItemDefinition
from surveys.editor import drafting
from surveys.editor.wording import wordings
from surveys.scales import Scale
from surveys.script import unknown

MANY = 8  # questions on one page of a phone
LONG_ZH, LONG_EN = 40, 25  # characters, words of one question
LONG_SECONDS = 120
CHOICES_WITHOUT_OTHER = 4
SECONDS = {"text": 15, "number": 8, "date": 8, "multiple": 8}  # any other is one tap: 6
SCORED_SECONDS = 6
_JOINED_ZH = re.compile(r"[、及]|[和与]")
_ONE_WORD_ZH = re.compile(
    r"和(?:蔼|气|善|谐|睦|平|好)|[温柔缓随平祥]和|参与|与(?:否|会)|及(?:时|早|格)|[涉提普顾以]及"
)
_JOINED_EN = re.compile(r"\band\b|\bor\b|&", re.IGNORECASE)
_ONE_THOUGHT_EN = re.compile(r"\bor not\b|\bsatisfied or dissatisfied\b|\bmore or less\b", re.IGNORECASE)
_LEADING = re.compile(
    "难道|显然|众所周知|大家都|您一定|不觉得|是不是觉得|您也认为|当然|优质的?服务|热情周到|贴心的?服务"
    r"|\b(?:don['’]t you|wouldn['’]t you|isn['’]t it|aren['’]t|surely|of course|obviously"
    r"|everyone (?:knows|agrees)|as you know|would you agree|excellent|outstanding|wonderful)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    "身份证|银行卡|手机号|电话号码|联系电话|联系方式|家庭住址|详细地址|出生日期|您的姓名|您的名字|护照|微信号"
    r"|\b(?:identity (?:card|number)|id (?:card|number)|passport|bank (?:card|account)|(?:tele)?phone number"
    r"|mobile number|home address|date of birth|your (?:full )?name|your e-?mail)\b",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile("请勿|不要|不必|无需|leave out|do not (?:write|enter)|without", re.IGNORECASE)
_WAY_OUT = re.compile(
    "其他|其它|以上都|都没有|没有|不清楚|不知道|none|other|n/a|not applicable|do(?:n['’]t| not) know",
    re.IGNORECASE,
)
_AGAINST = re.compile(r"不|差|没|\b(?:dis|un)\w+|\bpoor|\bbad|\bnot\b|\bnever\b|\bwors", re.IGNORECASE)
_FOR = re.compile(
    r"满意|好|同意|愿意|容易|satisf|agree|good|great|easy|likely|excellent|better", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark. ``count`` and ``said`` fill its sentence."""

    code: str
    item_key: str = ""
    language: str = ""
    count: int = 0
    said: str = ""
    blocking: bool = False


def findings(definition: Definition) -> list[Finding]:
    """Return every remark: first what stands in the way, then advice in the order of the page."""
    blocking = list(_blocking(definition))
    if not blocking:  # nothing that we have words for; the check at publishing has the last word
        blocking = [
            Finding("other", said=f"{where[0].upper()}{where[1:]} should have {expected}.", blocking=True)
            for where, expected in problems(definition)
        ]
    return [*blocking, *_of_whole(definition), *_of_script(definition), *_advice(definition)]


def _blocking(definition: Definition) -> Iterator[Finding]:
    if not definition.items:
        yield Finding("no_items", blocking=True)
    if len(definition.items) > LONGEST:
        yield Finding("too_many", count=LONGEST, blocking=True)
    for wording in wordings(definition):
        for language in definition.languages:
            if wording.needed and wording.lacks(language):
                code = {"option": "no_option_text", "text": "no_text"}.get(wording.part, f"no_{wording.part}")
                yield Finding(code, wording.item_key, language, said=wording.path, blocking=True)
    for item in definition.items:
        if item.kind in CHOSEN and len(item.options) < 2:
            yield Finding("few_options", item.key, blocking=True)
    for item_key, on in sorted(drafting.broken(definition)):
        yield Finding("looks_ahead", item_key, said=on, blocking=True)


def _of_whole(definition: Definition) -> Iterator[Finding]:
    asked = [item for item in definition.items if item.show_if is None and item.only != "phone"]
    seconds = sum(SECONDS.get(item.kind, SCORED_SECONDS) for item in asked)
    if definition.items and definition.with_role("overall") is None:
        yield Finding("no_overall")
    if len(asked) > MANY:
        yield Finding("many_items", count=len(asked))
    if seconds > LONG_SECONDS:
        yield Finding("long_survey", count=seconds)


def _advice(definition: Definition) -> Iterator[Finding]:
    for item in definition.items:
        yield from _of_words(item, definition.languages)
        yield from _of_answers(item)
        if item.only != "web":
            for language in definition.languages:
                said = item.texts.get(language)
                if said is not None and not said.spoken.strip():
                    yield Finding("no_spoken", item.key, language)
    for wording in wordings(definition):
        for language in definition.languages:
            if not wording.needed and wording.part != "spoken" and wording.lacks(language):
                yield Finding(
                    "half_translated", wording.item_key, language, said=wording.path.rpartition("/")[2]
                )


def _of_script(definition: Definition) -> Iterator[Finding]:
    """Name the placeholders of what is read aloud that nothing will fill."""
    spoken = [("", language, text) for texts in (definition.opening, definition.closing)
              for language, text in texts.items()]  # fmt: skip
    spoken += [
        (item.key, code, said.spoken) for item in definition.items for code, said in item.texts.items()
    ]
    for item_key, language, text in spoken:
        for name in unknown(text):
            yield Finding("unknown_placeholder", item_key, language, said=f"{{{name}}}")


def _of_words(item: ItemDefinition, languages: Iterable[str]) -> Iterator[Finding]:
    for language in languages:
        said = item.texts.get(language)
        if said is None:
            continue
        text = said.text
        if item.scale and _is_joined(text, language):
            yield Finding("double", item.key, language)
        length = _length(text, language)
        if length > (LONG_ZH if _is_chinese(language) else LONG_EN):
            yield Finding("long_text", item.key, language, count=length)
        found = _LEADING.search(text)
        if found:
            yield Finding("leading", item.key, language, said=found.group())
        found = _PERSONAL.search(text)
        if found and not _NOT_WANTED.search(text):
            yield Finding("personal", item.key, language, said=found.group())


def _is_joined(text: str, language: str) -> bool:
    if _is_chinese(language):
        return _JOINED_ZH.search(_ONE_WORD_ZH.sub("", text)) is not None
    return _JOINED_EN.search(_ONE_THOUGHT_EN.sub("", text)) is not None


def _is_chinese(language: str) -> bool:
    return language.startswith("zh")


def _length(text: str, language: str) -> int:
    """Count Chinese characters, or the words of a language that writes spaces."""
    return len(re.sub(r"\s", "", text)) if _is_chinese(language) else len(text.split())


def _of_answers(item: ItemDefinition) -> Iterator[Finding]:
    if item.kind == "text" and item.required:
        yield Finding("required_words", item.key)
    scale = item.scored()
    if scale is not None and item.kind == "likert" and _is_lopsided(scale):
        yield Finding("unbalanced", item.key)
    if item.kind in CHOSEN:
        words = [text for option in item.options for text in option.texts.values()]
        many = len(item.options) >= (2 if item.kind == "multiple" else CHOICES_WITHOUT_OTHER)
        if many and item.other is None and not any(_WAY_OUT.search(text) for text in words):
            yield Finding("no_way_out", item.key)
        if item.kind == "single" and _leans([next(iter(o.texts.values()), "") for o in item.options]):
            yield Finding("unbalanced", item.key)


def _is_lopsided(scale: Scale) -> bool:
    good = sum(scale.is_satisfied(score) for score in scale.scores)
    return good != sum(scale.is_dissatisfied(score) for score in scale.scores)


def _leans(words: list[str]) -> bool:
    """Tell whether own options look like a scale with more good answers than bad ones, or fewer."""
    bad = [bool(_AGAINST.search(text)) for text in words]
    good = [bool(_FOR.search(text)) and not against for text, against in zip(words, bad, strict=True)]
    rated = [bool(_FOR.search(text)) or against for text, against in zip(words, bad, strict=True)]
    return sum(rated) >= 3 and sum(rated) >= len(words) - 1 and sum(good) != sum(bad)
