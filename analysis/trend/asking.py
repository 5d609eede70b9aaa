"""What the page of the trend is asked beside the choices of every page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.asking import Asked
from analysis.texts import N_, AskedError
from analysis.trend.course import Measure
from analysis.trend.steps import FEWEST, MOST, POINTS, Grain

PARAMETERS = ("grain", "measure", "split", "points")
SPLITS = {"": None, "mode": True, "none": False}

_ONE_OF = N_("%(name)s should be one of %(known)s, but is %(found)s.")
_POINTS = N_("points should be a number from %(least)s to %(most)s, but is %(found)s.")


@dataclass(frozen=True)
class AskedTrend:
    """How long one point is, what is drawn, whether ways of answering stand apart, how many points."""

    grain: Grain = Grain.MONTH
    measure: Measure = Measure.SHARE
    split: str = ""
    points: int = POINTS

    def args(self, asked: Asked, **changes: Any) -> dict[str, Any]:
        """Return the parameters of the address; what is usual is left out."""
        own: dict[str, Any] = {
            "grain": self.grain.value, "measure": self.measure.value, "split": self.split,
            "points": self.points,
        }  # fmt: skip
        usual: dict[str, Any] = {"grain": "month", "measure": "share", "split": "", "points": POINTS}
        own |= {name: changes.pop(name) for name in list(changes) if name in own}
        return asked.args(**changes) | {name: own[name] for name in own if own[name] != usual[name]}


def read(given: Mapping[str, str]) -> AskedTrend:
    """Read the parameters of this page.

    Raises
    ------
    AskedError
        For a value that is none of those there are.
    """
    split = _known("split", given.get("split", ""), tuple(SPLITS))
    points = given.get("points", "") or str(POINTS)
    if not (points.isascii() and points.isdigit() and FEWEST <= int(points) <= MOST):
        raise AskedError(_POINTS, least=str(FEWEST), most=str(MOST), found=points)
    return AskedTrend(
        Grain(_known("grain", given.get("grain") or "month", tuple(Grain))),
        Measure(_known("measure", given.get("measure") or "share", tuple(Measure))),
        split, int(points),
    )  # fmt: skip


def _known(name: str, found: str, known: tuple[str, ...]) -> str:
    if found not in known:
        raise AskedError(_ONE_OF, name=name, known=", ".join(filter(None, known)), found=found)
    return found
