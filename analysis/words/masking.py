"""What identifies a person is hidden in the words of a comment before anybody reads or counts them.

Patterns find what has a form: numbers, addresses of mail, plates, and names that are announced as such. A
name that merely stands in a sentence has no form; the pages say so.
"""

import re

from core.logs import redact

HIDDEN = "***"
MOST_ROUNDS = 5

_HAN = "\u4e00-\u9fff"
_DIGIT_WORDS = "零〇一二三四五六七八九幺"
_PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新港澳使领"
_BEFORE = [  # what redact would cut in two
    re.compile(
        r"(?<![\dA-Za-z])[1-9]\d{5}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXxｘＸ](?![\dA-Za-z])"
    ),  # 18 signs
    re.compile(r"(?<![\dA-Za-z])\d{15}(?![\dA-Za-z])"),  # an old identity number
    re.compile(r"(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?(?!\d)"),  # a bank card in groups
]
_AFTER = [
    re.compile(
        rf"[{_PROVINCES}]\s?[A-HJ-Z]\s?[·•.\-]?\s?[A-HJ-NP-Z0-9]{{5,6}}(?![A-Za-z0-9])", re.IGNORECASE
    ),
    re.compile(rf"[{_DIGIT_WORDS}]{{7,}}"),  # a number that is spelled
    re.compile(r"(?:\d[ \-－—.]?){6,}\d"),  # any other long number, in digits of any script
]
# The word before stays, what follows goes.
_NAMED = [
    re.compile(
        r"((?:户号|用户号|户头|缴费号|卡号|账号|帐号|编号|用户编号)[是为:：\s]{0,3})[A-Za-z0-9\-]{3,}"
    ),
    re.compile(
        r"(\b(?:household|account|customer|meter|contract)\s*(?:no\.?|number|id|#)?\s*(?:is|:|=)?\s*)"
        r"(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{3,}",
        re.IGNORECASE,
    ),
    re.compile(r"((?:身份证|护照)(?:号码?)?[是为:：\s]{0,3})[A-Za-z0-9]{6,}"),
    re.compile(rf"((?:姓名|联系人|户主)(?:叫|是|为|[:：\s]){{1,3}})[{_HAN}]{{2,4}}"),
    re.compile(rf"((?:我叫|我的名字是|我的名字叫)\s?)(?![了你他她它人过来去几两三四好])[{_HAN}]{{2,3}}"),
    re.compile(rf"((?:我姓|免贵姓)\s?)[{_HAN}]"),
    re.compile(
        r"((?i:\bmy name(?:'s| is)|\bi am called|\bname\s*:)\s+)"
        r"(?:[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*){0,2}|[\w'’-]+)"
    ),
    re.compile(r"(\b(?:Mr|Mrs|Ms|Miss|Dr)\.?\s+)[A-Z][\w'’-]+"),
    re.compile(
        r"()\d{1,4}(?:号楼|栋|幢)\s?(?:[\dA-Za-z一二三四五六七八九十]{1,3}单元)?\s?\d{3,4}(?:室|号|户)?"
    ),
    re.compile(r"()\d{1,4}号\s?(?:院\s?)?\d{3,4}(?:室|户)"),
    re.compile(r"()[\dA-Za-z一二三四五六七八九十]{1,3}单元\s?\d{2,4}(?:室|号|户)?"),
]


def mask(text: str) -> str:
    """Hide numbers, mail addresses, plates and announced names; the rest stays as it was written."""
    for _again in range(MOST_ROUNDS):  # what one pattern leaves may be what another looks for
        masked = _once(text)
        if masked == text:
            break
        text = masked
    return text


def _once(text: str) -> str:
    for pattern in _BEFORE:
        text = pattern.sub(HIDDEN, text)
    text = redact(text)
    for pattern in _NAMED:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    for pattern in _AFTER:
        text = pattern.sub(HIDDEN, text)
    return text
