"""The types of rows that XLSForm knows, in all their spellings."""

import re
from dataclasses import dataclass

META = {
    "start", "end", "today", "deviceid", "device_id", "phonenumber", "phone_number", "username",
    "email", "audit", "subscriberid", "simserial", "start-geopoint", "background-audio",
    "background-geopoint", "uri:deviceid", "uri:phonenumber", "uri:username",
}  # fmt: skip
UNASKED = {"calculate", "calculation", "hidden", "xml-external", "csv-external", "osm"}
_PLAIN = {
    "integer": "number", "int": "number", "decimal": "number", "range": "number", "percentage": "number",
    "date": "date", "datetime": "date", "text": "text", "string": "text", "time": "text", "barcode": "text",
    "phone number": "text", "email": "text", "note": "note", "acknowledge": "yesno", "trigger": "yesno",
}  # fmt: skip
_SELECT = re.compile(
    r"(?P<how>select[_ ]one|select1|select[_ ]multiple|select all that apply|add select one prompt using"
    r"|add select multiple prompt using)(?:\s+from)?\s+(?P<list>\S+)"
    r"(?:\s+(?P<other>or[_ ]other|or specify other))?",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"(?:yes or no|yes/no|boolean)(?: question)?", re.IGNORECASE)
_GROUP = re.compile(r"(begin|end)[\s_](group|repeat|loop|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RowType:
    """What a row is: begin, end, select, note, meta, unasked, unknown, or a kind of ours."""

    what: str
    named: str  # as it stands in the file
    group: str = ""  # group | repeat | loop
    choices: str = ""  # name of the list
    multiple: bool = False
    other: bool = False


def row_type(cell: str) -> RowType:
    """Read the cell ``type``."""
    named = " ".join(cell.split())[:120]
    group = _GROUP.match(named)
    if group:
        return RowType(group[1].lower(), named, group=group[2].lower())
    found = _SELECT.fullmatch(named)
    if found:
        multiple = "multiple" in found["how"].lower() or "all" in found["how"].lower()
        return RowType("select", named, choices=found["list"], multiple=multiple, other=bool(found["other"]))
    name = named.lower()
    if _YES_NO.fullmatch(name):
        return RowType("yesno", named)
    if name in META:
        return RowType("meta", named)
    if name in UNASKED:
        return RowType("unasked", named)
    return RowType(_PLAIN.get(name, "unknown"), named)
