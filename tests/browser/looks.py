"""What can be said about a page by looking: accessible, not too wide, large enough; and a picture of it."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PICTURES = Path(__file__).resolve().parent.parent.parent / "test-artifacts"


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture of the page for people to look at."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)


def accessible(page: Page) -> None:
    """No accessibility rule is broken."""
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()


def fits(page: Page) -> None:
    """Nothing has to be scrolled sideways."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def enlarge(page: Page, percent: int) -> None:
    """Set the browser's text size."""
    page.evaluate(f"document.documentElement.style.fontSize = '{percent}%'")


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    """Return place and size of every visible match."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(e => e.getBoundingClientRect())
        .filter(r => r.width && r.height).map(r => ({x: r.x, y: r.y, width: r.width, height: r.height}))""",
        selector,
    )
