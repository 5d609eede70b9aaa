"""The tables of an .lss file, read in a guarded way."""

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from core.i18n import _
from surveys.interchange.notes import MIB, UnreadableError

LARGEST = 12 * MIB
_ROWS = 60_000
_DEPTH = 8
Row = dict[str, str]
_STRUCTURE = {"fields", "rows", "row", "fieldname", "document"}


def tables_of(content: bytes) -> dict[str, list[Row]]:
    """Return each table as rows of texts; ``""`` holds what stands outside the tables.

    Raises
    ------
    UnreadableError
        When it is no LimeSurvey structure, or one that could do harm.
    """
    if content[:2] == b"PK":
        raise UnreadableError(_("This is an archive; unpack it and take the .lss file in it."))
    if len(content) > LARGEST:
        raise UnreadableError(
            _("The file has more than %(mib)d MiB; no questionnaire needs that many.", mib=LARGEST // MIB)
        )
    tables: dict[str, list[Row]] = {"": [{}]}
    for path, element in _elements(content):
        if len(path) == 4 and path[2] == "rows" and element.tag == "row":
            rows = tables.setdefault(path[1], [])
            rows.append({child.tag: child.text or "" for child in element})
            if len(rows) > _ROWS:
                raise UnreadableError(_("The file has more than %(rows)d rows; split it.", rows=_ROWS))
        elif len(path) == 2 and element.tag not in _STRUCTURE and not len(element):
            tables[""][0][element.tag] = element.text or ""
    if tables[""][0].get("LimeSurveyDocType", "").strip() != "Survey":
        raise UnreadableError(
            _("This is no survey of LimeSurvey; export the survey as .lss (not a group or question).")
        )
    return tables


def _elements(content: bytes) -> Iterator[tuple[list[str], Element]]:
    """Yield (path, element) as each closes; what was read is let go."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415 # only here
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    path: list[Element] = []
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                path.append(element)
                if len(path) > _DEPTH:
                    raise UnreadableError(
                        _("The file is nested deeper than LimeSurvey writes; it is not read.")
                    )
                continue
            yield [each.tag for each in path], element
            path.pop()
            if element.tag == "row" and path:
                path[-1].remove(element)
    except DefusedXmlException:
        raise UnreadableError(
            _("The file holds a document type or entities, which can do harm; it is not opened.")
        ) from None
    except (ParseError, ValueError, LookupError):
        raise UnreadableError(_("The file is damaged or is no .lss file; export the survey again.")) from None
