"""Guarded reading of tables that people upload, and telling them row by row what to mend."""

from core.tabular.mapping import Mapping, load_mapping, parse_mapping
from core.tabular.reading import LIMITS, Limits, Row, Table, TableError, read_table
from core.tabular.reports import ImportReport, RowError, list_errors, write_errors

__all__ = [
    "LIMITS",
    "ImportReport",
    "Limits",
    "Mapping",
    "Row",
    "RowError",
    "Table",
    "TableError",
    "list_errors",
    "load_mapping",
    "parse_mapping",
    "read_table",
    "write_errors",
]
