"""The words of a comment, each once: Chinese cut by rjieba, English in small letters, without stop words.

Nothing is cut to a stem: a reader must find the word in the sentences it stands for. Numbers and what was
masked are no words.
"""

import re
from functools import cache
from typing import Any

from core.masking import HIDDEN

# Words that say nothing by themselves. The lists are short on purpose: 不, 没 and "not" stay, they carry the
# complaint; so do words of the trade, however common.
_ZH = """
的 了 是 我 你 他 她 它 我们 你们 他们 咱们 自己 这 那 这个 那个 这些 那些 这里 那里
这样 那样 这么 那么 和 与 及 或 或者 而 而且 并 并且 但 但是 不过 因为 所以 如果 虽然
就 就是 都 也 还 还是 又 再 才 只 只是 在 从 到 向 往 对 对于 把 被 给 让 为 为了
以 用 由 跟 比 于 之 其 及其 等等 啊 吧 吗 呢 呀 嘛 哦 哈 嗯 着 过 得 地 上 下
里 中 个 些 一个 一些 一下 一点 有 有的 有点 要 会 能 可以 可 说 去 来 做 很 太 最
更 非常 比较 已经 现在 然后 时候 什么 怎么 为什么 哪 谁 几 多少 每 各 所 该 您 大家
东西 希望 请
"""
STOP_ZH = frozenset(_ZH.split())
_EN = """
a an the and or but if so as of to in on at by for from with into onto about over than then that this
these those there here it its it's i i'm i've i'd im ive me my we us our you your he him his she her
they them their is am are was were be been being do does did done have has had having will would can
could should may might must shall what which who whom when where how why all any both each more most
other some such only own same too very just also s t re ve ll d m up out off again once during before
after while because through until one get got really much many lot
"""
STOP_EN = frozenset(_EN.split())
_PIECE = re.compile(r"[a-z]+(?:['’][a-z]+)*|[\u3400-\u9fff]+", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]+")
LONGEST = 30  # characters of one word; longer runs are noise or a secret


def terms(text: str) -> frozenset[str]:
    """Return the words of a masked text, each once: one long angry text counts like any other."""
    found: set[str] = set()
    for piece in _PIECE.findall(text.replace(HIDDEN, " ")):
        if _HAN.fullmatch(piece):
            found.update(word for word in _cutter().cut(piece) if word not in STOP_ZH)
        else:
            word = piece.lower().replace("’", "'")
            if len(word) > 1 and word not in STOP_EN and len(word) <= LONGEST:
                found.add(word)
    return frozenset(found)


@cache
def _cutter() -> Any:
    """Return the cutter; its dictionary costs memory, so it is loaded when the first comment is cut."""
    import rjieba  # noqa: PLC0415

    return rjieba
