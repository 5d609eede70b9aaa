"""A report as one HTML file: charts and styles inside, for A4 as well."""

from base64 import b64encode
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from analysis.reports.blocks import Cell, Picture, Report, Table, plain

ROOT = Path(__file__).resolve().parents[3]
_STYLE = """
body { font: 11pt/1.5 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui,
  sans-serif; color: #16212b; background: #fff; max-width: 19cm; margin: 0 auto; padding: 1cm; }
html[lang=en] body { font-family: system-ui, "Segoe UI", Arial, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 20pt; line-height: 1.3; margin: 0; }
h2 { font-size: 14pt; margin: 1.6em 0 .4em; }
h3 { font-size: 11.5pt; margin: 1.2em 0 .3em; }
p { margin: .4em 0; }
.quiet, footer { color: #4b5963; }
.report-finding { font-size: 13pt; border-left: 4px solid #0b5563; padding-left: 12px; margin: 1em 0;
  font-weight: 600; }
.report-note { border-left: 4px solid #8a5300; padding-left: 12px; }
.report-keys { display: flex; flex-wrap: wrap; gap: 12px 32px; margin: 1em 0; padding: 0; list-style: none; }
.report-keys b { display: block; font-size: 17pt; line-height: 1.3; }
.report-keys span { display: block; font-size: 9.5pt; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; margin: .4em 0 1.2em;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 4px 0; font-size: 10pt; }
th, td { text-align: left; vertical-align: top; padding: 3px 6px 3px 0; border-bottom: 1px solid #c9d3da; }
thead th { border-bottom: 1.5px solid #16212b; vertical-align: bottom; }
tbody th { font-weight: 400; }
td:last-child { overflow-wrap: anywhere; }
.visually-hidden { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.num { text-align: right; }
.num + :not(.num) { padding-left: 10px; }
figure { margin: 1em 0; }
img { max-width: 100%; height: auto; }
footer { border-top: 1px solid #c9d3da; margin-top: 2em; padding-top: 6px; font-size: 9pt;
  overflow-wrap: anywhere; }
@page { size: A4; margin: 18mm 20mm; }
@media print { body { padding: 0; max-width: none; } thead { display: table-header-group; }
  tr, figure, .report-keys, .report-finding { break-inside: avoid; } h2, h3, caption { break-after: avoid; } }
"""
_PAGE = """<!doctype html>
<html lang="{{ 'en' if report.language == 'en' else 'zh-Hans' }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Huifang">
<meta name="date" content="{{ now.isoformat() }}">
<title>{{ report.title }} · {{ report.subtitle }}</title>
<style>{{ style|safe }}</style>
</head>
<body>
<header>
<p class="quiet">{{ report.organisation }}</p>
<h1>{{ report.title }}</h1>
<p class="quiet">{{ report.subtitle }}</p>
</header>
<main>{% include "_blocks.html" %}
</main>
<footer>{{ report.foot }}</footer>
</body>
</html>
"""


def write(report: Report, *, now: datetime) -> bytes:
    """Return the file."""
    page = _template().render(
        report=report, now=now, style=_STYLE, spanned=spanned, address_of=address_of
    )  # fmt: skip
    return page.encode()


def address_of(picture: Picture) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}"


def spanned(table: Table) -> list[tuple[tuple[Cell, ...], int]]:
    """Return the rows, each with how many rows its first cell stands for; 0 where it stands above."""
    found: list[tuple[tuple[Cell, ...], int]] = []
    for _first, rows in groupby(table.rows, key=lambda row: row[0].text):
        same = list(rows)
        found += [(row, len(same) if place == 0 else 0) for place, row in enumerate(same)]
    return found


def _finalize(value: object) -> object:
    return plain(value) if type(value) is str else value  # our own markup is of another type


@lru_cache(maxsize=1)
def _template() -> Template:
    loader = FileSystemLoader(ROOT / "templates" / "analysis" / "reports")
    return Environment(
        undefined=StrictUndefined, autoescape=True, loader=loader, finalize=_finalize
    ).from_string(_PAGE)
