"""The drivers' chart of the page: named by a hash of its figures, drawn once."""

from dataclasses import astuple, dataclass

from analysis.charts.drivers import DriverTexts, Point, drivers_alt, drivers_chart, drivers_size
from analysis.drivers import presenting
from analysis.drivers.importance import Driver
from analysis.drivers.queries import Drivers, Row
from analysis.pictures import DPI, Kept, drawn, key_of
from analysis.texts import N_, Translate

DRAWING = "drivers 1"  # raised when the drawing itself changes
_SIZES = Kept(200)


@dataclass(frozen=True)
class Picture:
    """One chart, not drawn yet."""

    key: str
    points: tuple[Point, ...]
    texts: DriverTexts
    translate: Translate

    def png(self) -> bytes:
        """Return the picture, drawn at most once while it is kept."""
        return drawn(
            self.key, lambda: drivers_chart(self.points, self.texts, translate=self.translate, dpi=DPI)
        )

    def size(self) -> tuple[int, int]:
        """Return width and height, so that the page reserves the space."""
        return _SIZES.get(
            self.key, lambda: drivers_size(self.points, self.texts, translate=self.translate, dpi=DPI)
        )

    def alt(self) -> str:
        """Describe the picture in at most 120 characters."""
        return drivers_alt(self.points, self.translate)


def picture_of(
    found: Drivers, *, language: str, translate: Translate, population: str, source: str
) -> Picture | None:
    """Return the chart, or None where no driver has both an importance and a satisfied share."""
    points = tuple(
        point
        for row in found.rows
        if row.driver and (point := _point(row, row.driver, judged=not found.provisional)) is not None
    )
    if not points or found.hidden:
        return None
    period = found.compared.after.period.label(language)
    subtitle = translate(
        N_("Association, not effect. Each question by its satisfied share and by its share of what all of "
           "them explain of %(overall)s; %(period)s, n = %(n)s")
    ) % {"overall": found.overall, "period": period, "n": f"{found.after.n:,}"}  # fmt: skip
    said = f"{subtitle}. {population}" if population else subtitle
    texts = DriverTexts(presenting.title(found, translate), said, source, judged=not found.provisional)
    shown = [astuple(point) for point in points]
    return Picture(key_of(DRAWING, language, astuple(texts), shown), points, texts, translate)


def _point(row: Row, driver: Driver, *, judged: bool) -> Point | None:
    top = row.one.after.top_box
    if top is None or top.p is None or top.ci95 is None:
        return None
    return Point(row.label, top.p, top.ci95, driver.share, driver.ci95, judged and driver.ranks[0] == 1)
