"""What a check of a file of cases found: beside the errors its warnings, and words that nobody knows yet."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from core.tabular import ImportReport, Row, RowError
from core.tabular.reports import shorten

ROWS_NAMED = 8  # row numbers that are shown with an unknown word
WORDS_KEPT = 200  # different unknown words of one column; with more it is hardly that column


@dataclass(slots=True)
class Unknown:
    """A word that is in no list of ours: how often it stands in the file, and where first."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def seen(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < ROWS_NAMED:
            self.rows.append(row)


@dataclass(slots=True)
class CaseReport(ImportReport):
    """An import report with warnings, rows that are left out, and unknown words by column."""

    warnings: list[RowError] = field(default_factory=list)
    skipped: int = 0
    unknown: dict[str, dict[str, Unknown]] = field(default_factory=dict)

    def warn(self, row: Row, column: str, found: str, expected: str) -> None:
        """Note what does not stand in the way of the import but should be known."""
        self.warnings.append(RowError(row.sheet, row.number, column, shorten(found), expected, ""))

    def ask(self, row: Row, column: str, found: str) -> None:
        """Note a word for which somebody has to choose one of ours."""
        words = self.unknown.setdefault(column, {})
        if found in words or len(words) < WORDS_KEPT:
            words.setdefault(found, Unknown()).seen(row.number)

    def warned(self) -> list[tuple[str, str, int]]:
        """Return (column, what is the matter, how often), the most frequent first."""
        counted = Counter((w.column, w.expected) for w in self.warnings)
        return [(column, words, n) for (column, words), n in counted.most_common()]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        warnings = [{"column": column, "warning": words, "rows": n} for column, words, n in self.warned()]
        return {**ImportReport.as_dict(self), "skipped": self.skipped, "warnings": warnings}
