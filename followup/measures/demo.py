"""Five measures of the invented heating company, one in each state and one that is late; one is published."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.auth.models import User
from core.db import settings_of
from followup.demo.history import OF_DISTRICT
from followup.measures import actions, publishing
from followup.measures.actions import Plan, Where
from followup.measures.models import Measure
from followup.models import Case
from surveys.seeds import RETURN_VISIT

MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Story:
    """One measure: planned and in force so many months ago, to be done in so many days."""

    title: str
    heard: str
    action: str
    term: str
    department: str
    planned: int
    due: int
    begun: int | None = None
    ends: tuple[str, str] | None = None  # the last step and its reason
    points: float | None = None
    also: tuple[str, ...] = ()
    scope: Where = field(default_factory=dict)
    control: Where = field(default_factory=dict)
    notes: tuple[str, ...] = ()


EAST, WEST, HIGH = ({"district": [name]} for name in ("城东区", "城西区", "高新区"))
STORIES = (
    Story(
        "供暖前逐栋排气调网", "城东高层住户反映供暖初期上层不热。",
        "每年10月前逐栋排气、清洗过滤网并调平衡，做完一栋贴一张告示。",
        "short", OF_DISTRICT["城东区"], planned=13, due=-200, begun=11, ends=("finish", ""), points=4.0,
        also=("quality", "result"), scope=EAST, control=HIGH,
        notes=("六个小区已完成，剩余两个小区月底前完成。",),
    ),
    Story(
        "城西增设夜间抢修班组", "城西住户反映报修后等候时间长，夜间尤甚。",
        "增设一个夜间抢修班组，报修两小时内上门。",
        "short", OF_DISTRICT["城西区"], planned=8, due=-9, begun=7, points=6.0, scope=WEST, control=HIGH,
        notes=("班组已到位，车辆尚缺一台。",),
    ),
    Story(
        "服务礼仪与入户规范培训", "部分住户反映入户不穿鞋套、说话不耐烦。",
        "全员培训，班组长每月抽查录音与回访评价。",
        "long", OF_DISTRICT["滨河新区"], planned=10, due=60, begun=9, points=3.0,
    ),
    Story(
        "老旧立管改造", "老旧小区反复漏水，修了又漏。", "分三年更换老旧小区立管，先换报修最多的楼栋。",
        "long", OF_DISTRICT["高新区"], planned=1, due=300, points=5.0, scope=HIGH, control=EAST,
    ),
    Story(
        "上门前一小时短信提醒", "住户反映不知道师傅几点来。", "上门前一小时自动发送短信。",
        "short", OF_DISTRICT["滨河新区"], planned=6, due=-90,
        ends=("drop", "短信费用未获批准，改为电话约定时间。"),
    ),
)  # fmt: skip
PUBLISHED = {
    "zh_Hans": {
        "said": "供暖刚开始的时候，高层住户家里上层不热。",
        "did": "现在每年供暖前，我们逐栋排气、清洗过滤网、调好平衡，做完一栋贴一张告示。",
    },
    "en": {
        "said": "Upper floors stayed cold when the heating season began.",
        "did": "Before each season we now vent and balance every building, and put up a notice when done.",
    },
}


def fill(session: Session, *, now: datetime) -> None:
    """Plan the measures and let each go as far as its story says."""
    owner = session.scalars(select(User.id).where(User.name == "officer")).one_or_none()
    for number, story in enumerate(STORIES):
        measure = _live(session, story, owner if number < len(STORIES) // 2 else None, now)
        _link(session, measure, story, now)
    first = session.scalars(select(Measure).order_by(Measure.id)).first()
    assert first is not None
    publishing.publish(
        session, first, PUBLISHED, effect={}, confirmed=True, actor="analyst", now=now - timedelta(days=20)
    )


def _live(session: Session, story: Story, owner: int | None, now: datetime) -> Measure:
    today = now.astimezone(settings_of(session).zone).date()
    plan = Plan(
        title=story.title, heard=story.heard, action=story.action, term=story.term,
        department=story.department, owner_id=owner, due_on=today + timedelta(days=story.due),
        questionnaire=RETURN_VISIT if story.points else "", item_key="overall" if story.points else "",
        also=list(story.also), expected_points=story.points, scope=story.scope, control=story.control,
    )  # fmt: skip
    measure = actions.create(session, plan, actor="analyst", now=now - story.planned * MONTH)
    if story.begun is not None:
        at = now - story.begun * MONTH
        actions.take_step(session, measure, "start", day=_first(today, story.begun), actor="officer", now=at)
    for days, text in enumerate(story.notes, 1):
        actions.add_note(session, measure, text=text, actor="officer", now=now - timedelta(days=40 * days))
    if story.ends:
        event, reason = story.ends
        actions.take_step(
            session, measure, event, reason=reason, actor="officer", now=now - timedelta(days=25)
        )
    return measure


def _link(session: Session, measure: Measure, story: Story, now: datetime) -> None:
    """Link the two latest cases of the department."""
    wanted = select(Case).where(Case.department == story.department).order_by(Case.id.desc()).limit(2)
    for case in session.scalars(wanted).all():
        actions.link_case(session, measure, case, actor="officer", now=now - timedelta(days=20))


def _first(today: date, months: int) -> date:
    """Return the first day of the month so many months ago."""
    number = today.year * 12 + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
