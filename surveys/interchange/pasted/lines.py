"""From lines to blocks: which lines belong to which question."""

from dataclasses import dataclass, field, replace

from surveys.interchange.pasted.tags import PAGE_OR_LINE, Stem, is_page, is_part, stem_of

LINES = 20_000
_THANKS = ("感谢", "谢谢", "再次感谢", "问卷到此结束", "问卷结束", "调查到此结束", "Thank you", "Thanks")


@dataclass(slots=True)
class Block:
    """One question with the lines under it, a heading of a part, or a page break."""

    line: int
    stem: Stem
    body: list[str] = field(default_factory=list)
    is_part: bool = False


@dataclass(slots=True)
class Paste:
    """A pasted text, taken apart."""

    title: str = ""
    intro: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def taken_apart(text: str) -> Paste:
    """Find the stems; what stands before the first is title and introduction."""
    lines = [line.replace("\u3000", " ").replace("\xa0", " ").rstrip() for line in text.split("\n")]
    stems = [stem_of(line) for line in lines]
    has_marks = any(stem.kind and stem.number is not None for stem in stems)
    paste, number, blank = Paste(), 0, True
    for index, (line, stem) in enumerate(zip(lines, stems, strict=True)):
        if not line.strip():
            blank = True
            continue
        following = next((s for s in stems[index + 1 : index + 6] if s.text or s.kind), None)
        if _begins(stem, has_marks=has_marks, number=number, blank=blank, paste=paste):
            number = stem.number or number
            paste.blocks.append(Block(index + 1, stem))
        elif is_page(line):
            paste.blocks.append(Block(index + 1, Stem(None, "", "page", "分页")))
        elif is_part(line) and following is not None and (blank or following.number is not None):
            paste.blocks.append(Block(index + 1, Stem(None, line.strip(), ""), is_part=True))
        else:
            _add(paste, line, stem, blank=blank)
        blank = False
    return paste


def _begins(stem: Stem, *, has_marks: bool, number: int, blank: bool, paste: Paste) -> bool:
    """Tell whether a line begins a question; an option may be numbered too."""
    if stem.kind == "page" and not stem.text:
        return False
    if stem.kind and stem.text:
        return stem.kind != "unknown" or stem.number is not None
    if stem.number is None or not stem.text:
        return False
    if has_marks or _is_listing(paste):
        return blank and stem.number == number + 1
    return stem.number == number + 1 or (blank and stem.number > number)


def _is_listing(paste: Paste) -> bool:
    """Without any marks, options numbered 1, 2, 3 under a stem look like stems: the first tells."""
    if not paste.blocks or not paste.blocks[-1].body:
        return False
    return stem_of(paste.blocks[-1].body[0]).number == 1


def _add(paste: Paste, line: str, stem: Stem, *, blank: bool) -> None:
    line = line.strip()
    if not paste.blocks:
        if PAGE_OR_LINE.match(line):
            return
        if not paste.title:
            paste.title = line
        else:
            paste.intro.append(line)
        return
    block = paste.blocks[-1]
    if stem.kind and not stem.text and not block.stem.kind:  # the mark stands on a line of its own
        block.stem = replace(block.stem, kind=stem.kind, named=stem.named)
    elif paste.closing or (blank and line.startswith(_THANKS)):
        paste.closing.append(line)
    elif not PAGE_OR_LINE.match(line) or line.startswith("_"):
        block.body.append(line)
