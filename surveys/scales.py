"""Answer scales: named, versioned wording sets. A changed word makes a new version, never a quiet edit.

``sat5.1`` is the balanced default. ``hcp5.1`` is the wording of the state rating scheme 好差评; its middle is
positive, so its satisfied answers are the top three. Two different scales are never pooled.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import InputError

NOT_APPLICABLE = {"zh_Hans": "没有接触过／不清楚", "en": "Did not use / do not know"}


class ScaleError(InputError):
    """This scale is not known here."""


@dataclass(frozen=True, slots=True)
class Scale:
    """One wording set.

    ``scores`` and each language's ``words`` stand in the order they are shown: the best answer first.
    ``satisfied_from`` is the lowest score that counts as satisfied, ``dissatisfied_to`` the highest that
    counts as dissatisfied.
    """

    name: str
    scores: tuple[int, ...]
    words: Mapping[str, tuple[str, ...]]
    satisfied_from: int
    dissatisfied_to: int
    not_applicable: Mapping[str, str]

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    def word(self, score: int, language: str) -> str:
        """Return the words of one score."""
        words = self.words.get(language) or self.words["en"]
        return words[self.scores.index(score)]

    def is_satisfied(self, score: int) -> bool:
        return score >= self.satisfied_from

    def is_dissatisfied(self, score: int) -> bool:
        return score <= self.dissatisfied_to


SAT5 = Scale(
    name="sat5.1",
    scores=(5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常满意", "满意", "一般", "不满意", "非常不满意"),
        "en": (
            "Very satisfied",
            "Satisfied",
            "Neither satisfied nor dissatisfied",
            "Dissatisfied",
            "Very dissatisfied",
        ),
    },
    satisfied_from=4,
    dissatisfied_to=2,
    not_applicable=NOT_APPLICABLE,
)
HCP5 = Scale(
    name="hcp5.1",
    scores=(5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常满意", "满意", "基本满意", "不满意", "非常不满意"),
        "en": ("Very satisfied", "Satisfied", "Basically satisfied", "Dissatisfied", "Very dissatisfied"),
    },
    satisfied_from=3,
    dissatisfied_to=2,
    not_applicable=NOT_APPLICABLE,
)
RATING10 = Scale(
    name="rating10.1",
    scores=tuple(range(10, -1, -1)),
    words={
        "zh_Hans": ("10 分：非常愿意", *(f"{n} 分" for n in range(9, 0, -1)), "0 分：完全不愿意"),
        "en": ("10: extremely likely", *(str(n) for n in range(9, 0, -1)), "0: not at all likely"),
    },
    satisfied_from=9,
    dissatisfied_to=6,
    not_applicable=NOT_APPLICABLE,
)
SAT7 = Scale(
    name="sat7.1",
    scores=(7, 6, 5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常满意", "满意", "比较满意", "一般", "不太满意", "不满意", "非常不满意"),
        "en": (
            "Very satisfied",
            "Satisfied",
            "Somewhat satisfied",
            "Neither satisfied nor dissatisfied",
            "Somewhat dissatisfied",
            "Dissatisfied",
            "Very dissatisfied",
        ),
    },
    satisfied_from=5,
    dissatisfied_to=3,
    not_applicable=NOT_APPLICABLE,
)
AGREE5 = Scale(
    name="agree5.1",
    scores=(5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常同意", "同意", "不好说", "不同意", "非常不同意"),
        "en": ("Strongly agree", "Agree", "Neither agree nor disagree", "Disagree", "Strongly disagree"),
    },
    satisfied_from=4,
    dissatisfied_to=2,
    not_applicable=NOT_APPLICABLE,
)
AGREE7 = Scale(
    name="agree7.1",
    scores=(7, 6, 5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常同意", "同意", "比较同意", "不好说", "不太同意", "不同意", "非常不同意"),
        "en": (
            "Strongly agree",
            "Agree",
            "Somewhat agree",
            "Neither agree nor disagree",
            "Somewhat disagree",
            "Disagree",
            "Strongly disagree",
        ),
    },
    satisfied_from=5,
    dissatisfied_to=3,
    not_applicable=NOT_APPLICABLE,
)
QUALITY5 = Scale(
    name="quality5.1",
    scores=(5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("很好", "好", "一般", "差", "很差"),
        "en": ("Very good", "Good", "Neither good nor poor", "Poor", "Very poor"),
    },
    satisfied_from=4,
    dissatisfied_to=2,
    not_applicable=NOT_APPLICABLE,
)
EASE7 = Scale(  # customer effort score: the higher, the less effort
    name="ease7.1",
    scores=(7, 6, 5, 4, 3, 2, 1),
    words={
        "zh_Hans": ("非常容易", "容易", "比较容易", "一般", "比较费事", "费事", "非常费事"),
        "en": (
            "Very easy",
            "Easy",
            "Somewhat easy",
            "Neither easy nor difficult",
            "Somewhat difficult",
            "Difficult",
            "Very difficult",
        ),
    },
    satisfied_from=5,
    dissatisfied_to=3,
    not_applicable=NOT_APPLICABLE,
)
YESNO = Scale(
    name="yesno.1",
    scores=(2, 1),
    words={"zh_Hans": ("是", "否"), "en": ("Yes", "No")},
    satisfied_from=2,
    dissatisfied_to=1,
    not_applicable=NOT_APPLICABLE,
)
_ALL = (SAT5, SAT7, HCP5, AGREE5, AGREE7, QUALITY5, EASE7, RATING10, YESNO)
SCALES = {scale.name: scale for scale in _ALL}
LATEST = {scale.family: scale.name for scale in SCALES.values()}  # the last version of each family


def scale_named(name: str) -> Scale:
    """Return the scale called ``sat5.1``; ``sat5`` means its latest version.

    Raises
    ------
    ScaleError
        With the names that exist.
    """
    scale = SCALES.get(LATEST.get(name, name))
    if scale is None:
        raise ScaleError(f"The scale should be one of {', '.join(SCALES)}, but is {name!r}.")
    return scale


def why_not_pooled(first: str, second: str) -> str | None:
    """Return why answers on two scales must not be put together, or None when they may."""
    if first == second:
        return None
    return f"{first} and {second} have different words, so their answers mean different things."
