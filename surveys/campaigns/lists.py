"""A campaign's own list: a file of people is checked row by row, shown, and then taken over as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import Session

from core import audit
from core.contacts import phones
from core.contacts.actions import checked_email
from core.contacts.bulk import Person, find_or_save_many
from core.contacts.models import Contact
from core.db import Database
from core.errors import InputError
from core.i18n import _, named
from core.tabular import ImportReport, Row, RowError, read_table
from core.tabular.reading import is_scientific
from core.texts import mask_name, mask_phone
from surveys.actions import stratum_id
from surveys.campaigns.actions import draft
from surveys.campaigns.models import Member
from surveys.models import DIMENSIONS

SOURCE = "campaign"  # where such a contact comes from
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "客户姓名", "联系人", "客户", "customer"),
    "phone": ("电话", "手机", "手机号", "手机号码", "联系电话", "mobile", "telephone"),
    "email": ("邮箱", "电子邮箱", "电子邮件", "e-mail"),
    "household": ("户号", "用户号", "用户编号", "客户编号", "household number"),
    "language": ("语言",),
    "service_type": ("服务类型", "业务", "专业", "service"),
    "district": ("区域", "片区", "辖区", "行政区", "区县"),
    "department": ("部门", "责任部门", "单位"),
    "category": ("分类", "类别"),
    "severity": ("严重程度", "等级"),
    "channel": ("渠道", "来源渠道"),
}
LONGEST = {"name": 200, "household": 40, "severity": 20, "channel": 20}
LANGUAGES = {"": "zh_Hans", "中文": "zh_Hans", "汉语": "zh_Hans", "英文": "en", "英语": "en"}
_MEMBERS: Table = Member.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Listed:
    """One checked row: who it is, and the dimensions by which answers are compared."""

    person: Person
    dimensions: tuple[str, ...]


def import_list(
    database: Database, path: Path, campaign_id: int, *, name: str, actor: str, now: datetime, dry_run: bool
) -> ImportReport:
    """Put the people of a file in the place of a draft's list; with any error nothing is written.

    ``new`` counts people whom nobody knew, ``unchanged`` those who are contacts already.
    """
    table = read_table(path, name=name)
    report = ImportReport(dry_run=dry_run, columns=table.columns, errors=list(table.errors))
    headings = _headings(table.columns, report)
    listed = [] if report.errors else list(_checked(table.rows, headings, database.settings.country, report))
    if not report.errors and not listed:
        raise InputError(_("The file has no rows; below the column names each row is a person."))
    if report.errors:
        return report
    with database.begin() as session:
        draft(session, campaign_id)
        _take_over(session, campaign_id, listed, report, now=now)
        if dry_run:
            session.rollback()
        else:
            audit.record(
                session, actor=actor, action="campaign.list", subject=f"campaign:{campaign_id}", now=now,
                people=report.new + report.unchanged,
            )  # fmt: skip
    return report


def _take_over(
    session: Session, campaign_id: int, listed: list[Listed], report: ImportReport, *, now: datetime
) -> None:
    last = session.scalar(select(func.max(Contact.id))) or 0
    ids = find_or_save_many(session, [row.person for row in listed], source=SOURCE, now=now)
    strata = {row.dimensions: 0 for row in listed}
    for given in strata:
        strata[given] = stratum_id(session, **dict(zip(DIMENSIONS, given, strict=True)))
    people = {number: strata[row.dimensions] for number, row in zip(ids, listed, strict=True)}
    session.execute(delete(Member).where(Member.campaign_id == campaign_id))
    rows = [
        {"campaign_id": campaign_id, "contact_id": number, "stratum_id": stratum}
        for number, stratum in people.items()
    ]
    session.execute(insert(_MEMBERS), rows)
    report.new = sum(number > last for number in people)
    report.unchanged = len(people) - report.new


def _headings(columns: tuple[str, ...], report: ImportReport) -> dict[str, str]:
    """Return heading -> our column; report what nobody knows, and a list that reaches nobody."""
    known = {alias: ours for ours, names in COLUMNS.items() for alias in (ours, *names)}
    found: dict[str, str] = {}
    for heading in columns:
        ours = known.get(" ".join(heading.replace("_", " ").split()).casefold()) or known.get(heading)
        if ours is None or ours in found.values():
            expected = _("one of our columns: %(all)s.", all=", ".join(COLUMNS))
            fix = _("Rename the column or take it out.")
            report.errors.append(RowError("", 1, heading, heading, expected, fix))
        found[heading] = ours or ""
    if not {"phone", "email"} & set(found.values()):
        expected = _("a column %(column)s.", column="phone / email")
        report.errors.append(RowError("", 1, "phone", "", expected, _("Add the column.")))
    return found


def _checked(
    rows: list[Row], headings: Mapping[str, str], country: str, report: ImportReport
) -> Iterator[Listed]:
    heading_of = {ours: heading for heading, ours in headings.items()}
    for row in rows:
        cells = {headings[heading]: value.strip() for heading, value in row.values.items() if value.strip()}
        problems = list(_problems(cells, country))
        for column, found, expected, fix in problems:
            report.add(row, heading_of.get(column, column), found, expected, fix)
        if not problems:
            yield _listed(cells)


def _problems(cells: Mapping[str, str], country: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (column, what was found, what was expected, how to mend it); personal data is masked."""
    phone, email = cells.get("phone", ""), cells.get("email", "")
    correct = _("Correct it or leave it empty.")
    if not phone and not email:
        yield "phone", "", _("a phone number or an e-mail address."), _("Fill in one of them.")
    if phone and not _is_phone(phone, country):
        yield "phone", mask_phone(phone), _("one phone number with its area code."), correct
    if email and not _is_email(email):
        yield "email", mask_name(email), _("an e-mail address such as name@example.org."), correct
    if _language(cells.get("language", "")) is None:
        yield "language", cells["language"], _("zh_Hans or en."), correct
    for column in ("name", "household", *DIMENSIONS):
        value, limit = cells.get(column, ""), LONGEST.get(column, 60)
        shown = mask_name(value) if column in {"name", "household"} else value
        if len(value) > limit:
            yield column, shown, _("at most %(n)d characters.", n=limit), _("Shorten the text.")
        elif column == "household" and is_scientific(value):
            yield column, shown, _("all digits of the number."), _("Format the column as text.")


def _is_phone(text: str, country: str) -> bool:
    try:
        phones.normalise(text, country)
    except InputError:
        return False
    return True


def _is_email(text: str) -> bool:
    try:
        checked_email(text)
    except InputError:
        return False
    return True


def _language(text: str) -> str | None:
    return LANGUAGES.get(text) or named(text)


def _listed(cells: Mapping[str, str]) -> Listed:
    phone = cells.get("phone", "")
    person = Person(
        name=cells.get("name", ""),
        phones=(phone,) if phone else (),
        email=cells.get("email", ""),
        household=cells.get("household", ""),
        language=_language(cells.get("language", "")) or "zh_Hans",
    )
    return Listed(person, tuple(cells.get(name, "") for name in DIMENSIONS))
