"""The drivers' chart of the page: named by a hash of its figures, drawn once."""

from dataclasses import astuple
from functools import partial

from analysis.charts.drivers import DriverTexts, Point, drivers_alt, drivers_chart
from analysis.drivers import presenting
from analysis.drivers.importance import Driver
from analysis.drivers.queries import Drivers, Row
from analysis.pictures import Picture, key_of
from analysis.texts import N_, Translate

DRAWING = "drivers 1"  # raised when the drawing itself changes


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
    key = key_of(DRAWING, language, astuple(texts), shown)
    return Picture(key, partial(drivers_chart, points, texts, translate), drivers_alt(points, translate))


def _point(row: Row, driver: Driver, *, judged: bool) -> Point | None:
    top = row.one.after.top_box
    if top is None or top.p is None or top.ci95 is None:
        return None
    return Point(row.label, top.p, top.ci95, driver.share, driver.ci95, judged and driver.ranks[0] == 1)
