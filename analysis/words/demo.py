"""Topics and labels for the comments of the demo, so that the pages show what they can do."""

import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.words import codebook, labelling, sampling
from analysis.words.models import CommentLabel, Topic
from core.auth.models import User
from core.auth.roles import Role
from surveys.queries import versions
from surveys.seeds import RETURN_VISIT

LABELS = 60
TOPICS = ("室温", "等候与响应", "服务态度", "收费与票据", "处理结果", "信息告知")
# What stands in an invented comment, and what it is about; the first that fits.
SIGNS = (
    ("票据", 4), ("费用", 4), ("态度", 3), ("耐心", 3), ("不耐烦", 3), ("打不进来", 2),
    ("打了三次", 2), ("等", 2), ("时间也准", 2), ("来得快", 2), ("不热", 1), ("凉", 1), ("暖和", 1),
    ("16度", 1), ("工单", 5), ("满意", 5), ("修完", 5), ("说清楚", 6), ("回访", 6),
)  # fmt: skip
POOR = ("不热", "凉", "不耐烦", "生硬", "没有", "没人", "其实", "不太好")
KIND = ("谢谢", "好", "满意", "快", "暖和多了", "耐心")


def fill(session: Session, *, now: datetime) -> None:
    """Add six topics and label sixty comments of the sample."""
    known = versions(session, RETURN_VISIT)
    analyst = session.scalar(select(User).where(User.role == Role.ANALYST).order_by(User.id).limit(1))
    if not known or analyst is None:
        return
    topics = [
        codebook.add(session, known[-1].questionnaire_id, name, actor=analyst.name, now=now)
        for name in TOPICS
    ]
    drawn = sampling.draw(session, known)
    if not labelling.may_be_read(drawn, session):
        return
    order = list(drawn.sample)
    random.Random(6).shuffle(order)  # noqa: S311 # a demo
    for place, one in enumerate(order[:LABELS]):
        task = labelling.task(session, one.place)
        session.add(CommentLabel(
            response_id=one.place[0], item_id=one.place[1], topic_id=_topic(task.text, topics),
            sentiment=_mood(task.text), drawn=True, revision=one.revision, labelled_by=analyst.id,
            labelled_at=now - timedelta(hours=3) + timedelta(seconds=20 * place),
        ))  # fmt: skip


def _topic(text: str, topics: list[Topic]) -> int | None:
    found = next((number for sign, number in SIGNS if sign in text), 0)
    return topics[found - 1].id if found else None


def _mood(text: str) -> int:
    if any(sign in text for sign in POOR):
        return -1
    return 1 if any(sign in text for sign in KIND) else 0
