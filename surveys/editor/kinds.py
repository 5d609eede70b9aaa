"""The kinds of question an office worker chooses from, and what they are in a definition."""

from dataclasses import replace

from surveys.definition import CHOSEN, TEXT_LIMIT, ItemDefinition
from surveys.scales import LATEST, SCALES

KINDS = ("scale", "nps", "ces", "single", "multiple", "yesno", "number", "date", "short", "long")
IN_MATRIX = ("scale", "single", "multiple")
MEASURED = ("number", "date")
FAMILIES = ("sat5", "hcp5", "sat7", "agree5", "agree7", "quality5")  # what "scale" offers
SHORT_LIMIT = 100
_PLAIN = {  # our word -> kind, scale
    "nps": ("rating", "rating10"),
    "ces": ("likert", "ease7"),
    "yesno": ("yesno", "yesno"),
    "short": ("text", ""),
    "long": ("text", ""),
}


def kind_of(item: ItemDefinition) -> str:
    """Return our word for how an item is answered."""
    if item.kind == "text":
        return "short" if item.single_line else "long"
    if item.kind == "likert":
        return "ces" if item.scale.startswith("ease7.") else "scale"
    return {"rating": "nps"}.get(item.kind, item.kind)


def offered_scales(own: str = "") -> list[str]:
    """Return the names of the scales to choose from; the one in use stays among them."""
    names = [LATEST[family] for family in FAMILIES]
    return names if own in names or own not in SCALES else [own, *names]


def as_kind(item: ItemDefinition, kind: str, scale: str = "") -> ItemDefinition:
    """Return the item answered in another way; what does not fit the new way is dropped."""
    if kind == kind_of(item) and (kind != "scale" or scale == item.scale):
        return item
    plain, named = _PLAIN.get(kind, (kind, ""))
    if kind == "scale":
        plain, named = "likert", scale
    measured = kind in MEASURED and item.kind == plain
    return replace(
        item,
        kind=plain,
        scale=LATEST.get(named, named),
        options=item.options if plain in CHOSEN else (),
        minimum=item.minimum if measured else None,
        maximum=item.maximum if measured else None,
        soft=item.soft and measured,
        single_line=kind == "short",
        limit={"short": SHORT_LIMIT}.get(kind, TEXT_LIMIT),
        role=item.role if _may_play(item.role, plain) else "none",
    )


def roles_for(kind: str) -> tuple[str, ...]:
    """Return the parts that an item of this kind may play."""
    if kind in {"scale", "nps", "ces"}:
        return ("none", "overall", "driver")
    if kind == "yesno":
        return ("none", "resolved")
    return ("none", "open") if kind in {"short", "long"} else ("none",)


def _may_play(role: str, plain: str) -> bool:
    fitting = {"overall": {"likert", "rating"}, "driver": {"likert", "rating"}, "resolved": {"yesno"}}
    return plain in fitting.get(role, {"text"} if role == "open" else {plain})
