"""The demo has a measure in every state, one of them late, one told to the public."""

from collections import Counter

from sqlalchemy import select

from followup.cases.queries import Viewer
from followup.measures import demo, publishing, queries
from followup.measures.models import Measure


def test_the_demo_has_a_measure_in_every_state(database, people, now):
    with database.begin() as session:
        demo.fill(session, now=now)
        states = Counter(session.scalars(select(Measure.state)))
        assert states == {"done": 1, "under_way": 2, "planned": 1, "dropped": 1}
        (late,) = queries.due(session, Viewer(1, "analyst"), now.date())
        assert late.is_overdue(now.date())
        assert [set(told.texts) for told in publishing.told(session)] == [{"zh_Hans", "en"}]
