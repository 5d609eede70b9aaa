"""The period report: page, Word, Excel and PDF from the same figures, by hand and by the calendar."""
