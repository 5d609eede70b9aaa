"""What a check of a file of cases found: beside the errors its warnings, and words that nobody knows yet."""

from dataclasses import dataclass, field
from typing import Any

from core.tabular import ImportReport, Row

ROWS_NAMED = 8  # row numbers that are shown with an unknown word
WORDS_KEPT = 50  # different unknown words of one column that are asked about at once


@dataclass(slots=True)
class Seen:
    """How often something stands in the file, and in which rows first."""

    count: int = 0
    rows: list[int] = field(default_factory=list)

    def at(self, row: int) -> None:
        self.count += 1
        if len(self.rows) < ROWS_NAMED:
            self.rows.append(row)


@dataclass(slots=True)
class CaseReport(ImportReport):
    """An import report with warnings by column and words, rows left out, and unknown words by column."""

    warnings: dict[tuple[str, str], Seen] = field(default_factory=dict)
    skipped: int = 0
    unknown: dict[str, dict[str, Seen]] = field(default_factory=dict)

    def warn(self, row: Row, column: str, words: str) -> None:
        """Note what does not stand in the way of the import but should be known."""
        self.warnings.setdefault((column, words), Seen()).at(row.number)

    def ask(self, row: Row, column: str, found: str) -> None:
        """Note a word for which somebody has to choose one of ours."""
        words = self.unknown.setdefault(column, {})
        if found in words or len(words) < WORDS_KEPT:
            words.setdefault(found, Seen()).at(row.number)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        warnings = [
            {"column": column, "warning": words, "count": seen.count, "rows": seen.rows}
            for (column, words), seen in self.warnings.items()
        ]
        return {**ImportReport.as_dict(self), "skipped": self.skipped, "warnings": warnings}
