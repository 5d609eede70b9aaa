"""Charts for page, Word and PDF alike: one drawing code, the same bytes for the same data."""

from analysis.charts.drawing import ChartTexts, compare_chart
from analysis.charts.words import alt_text, finding

__all__ = ["ChartTexts", "alt_text", "compare_chart", "finding"]
