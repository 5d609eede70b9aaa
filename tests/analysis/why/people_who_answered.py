"""Answers with all that lies behind them: links, reminders, calls, cases that were put right."""

from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_bytes

from sqlalchemy.orm import Session

from core.outbox.models import Message
from followup.models import Callback, Case, FollowUp, Rule
from surveys import actions, answering, tallies
from surveys.answering import Given
from surveys.campaigns.models import Campaign, Recipient, Wave
from surveys.models import Invitation
from surveys.queries import LoadedVersion, current_version
from tests.followup import factories as make

EARLIER, LATER = datetime(2025, 8, 4, 2, tzinfo=UTC), datetime(2026, 8, 4, 2, tzinfo=UTC)
_CLOSINGS = count(1)


class Town:
    """One rule, one case that was closed often, and customers who are asked about it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.rule: Rule = make.new_rule(session, now=EARLIER)
        self.version: LoadedVersion = current_version(session, "return_visit")
        self.case: Case = make.new_case(session, make.new_contact(session, now=EARLIER).id, now=EARLIER)
        self.stratum = actions.stratum_id(session, district="East")

    def invited(self, at: datetime, *, channel: str = "sms") -> Invitation:
        """Send a link."""
        link = Invitation(
            token_hash=token_bytes(32), version_id=self.version.id, stratum_id=self.stratum, about={},
            channel=channel, state="open", answer_by=at + timedelta(days=14), created_at=at,
        )  # fmt: skip
        self.session.add(link)
        self.session.flush()
        tallies.add_invitation(
            self.session, version_id=self.version.id, day=at.date(), stratum_id=self.stratum
        )
        return link

    def asked(self, at: datetime, **given: object) -> FollowUp:
        """Owe a question."""
        values: dict[str, object] = {
            "case_id": self.case.id, "resolution_no": next(_CLOSINGS), "rule_id": self.rule.id,
            "rule_version_id": self.rule.current_version_id, "version_id": self.version.id,
            "stratum_id": self.stratum, "due_at": at, "created_at": at, "state": "answered",
        }  # fmt: skip
        follow_up = FollowUp(**values | given)
        self.session.add(follow_up)
        self.session.flush()
        return follow_up

    def answered(self, score: int, at: datetime, *, mode: str = "web", link: Invitation | None = None) -> int:
        """Store an answer."""
        given = {item.item_key: Given() for item in self.version.items} | {"overall": Given(value=score)}
        recorded = answering.record(
            self.session, self.version, given, mode=mode, stratum_id=self.stratum, handler="",
            language="zh_Hans", now=at, invitation_id=link.id if link else None,
        )  # fmt: skip
        return recorded.response_id

    def by_link(
        self, score: int, sent: datetime, after: timedelta, *, reminded: bool = False, channel: str = "sms"
    ) -> None:
        """Answer a link some time after it was sent, perhaps after a reminder."""
        link = self.invited(sent, channel=channel)
        follow_up = self.asked(sent, invitation_id=link.id)
        if reminded:
            self.message(follow_up, "reminder", sent + after - timedelta(hours=1))
        follow_up.response_id = self.answered(score, sent + after, link=link)
        self.session.flush()

    def by_phone(self, score: int | None, at: datetime, *, attempts: int, result: str = "I") -> None:
        """End a callback, with an answer or without one."""
        response = self.answered(score, at, mode="phone") if score is not None else None
        follow_up = self.asked(at, response_id=response)
        self.session.add(
            Callback(
                follow_up_id=follow_up.id, state="done", ready_at=at, created_at=at, ended_at=at,
                attempts=attempts, result=result,
            )
        )  # fmt: skip
        self.session.flush()

    def twice(
        self, first: int, second: int, *, put_right: bool, contact: int | None = None, at: datetime = LATER
    ) -> None:
        """Rate, and rate again a week later, after the case was put right or about another one."""
        one = self.asked(at, response_id=self.answered(first, at - timedelta(days=100)), contact_id=contact)
        again = self.answered(second, at, mode="phone")
        self.asked(at, response_id=again, contact_id=contact, recovery_of_id=one.id if put_right else None)

    def customer(self) -> int:
        """Add a customer."""
        return make.new_contact(self.session, now=EARLIER).id

    def campaign_message(self, link: Invitation, at: datetime, *, receipt: str) -> None:
        """Send a link as a campaign does."""
        campaign = Campaign(
            title="Winter", questionnaire_id=self.version.questionnaire_id, terms={}, created_at=at,
            created_by="admin",
        )  # fmt: skip
        self.session.add(campaign)
        self.session.flush()
        wave = Wave(
            campaign_id=campaign.id, number=1, version_id=self.version.id, seed=1, population=1, starts_at=at,
            next_send_at=at, closes_at=at, created_at=at,
        )  # fmt: skip
        self.session.add(wave)
        self.session.flush()
        recipient = Recipient(
            wave_id=wave.id, stratum_id=self.stratum, invitation_id=link.id, state="sent", due_at=at
        )
        self.session.add(recipient)
        self.session.flush()
        self.message(recipient, "campaign", at, receipt=receipt)

    def message(self, about: FollowUp | Recipient, purpose: str, at: datetime, *, receipt: str = "") -> None:
        """Send a message about a follow-up, or to a recipient of a campaign."""
        subject = "follow_up" if isinstance(about, FollowUp) else "recipient"
        self.session.add(
            Message(
                key=f"{subject}:{about.id}:{purpose}", channel="sms", purpose=purpose,
                subject_type=subject, subject_id=about.id,
                to_sealed=b"", body_sealed=b"", state="sent", due_at=at, sent_at=at,
                receipt_state=receipt, created_at=at,
            )
        )  # fmt: skip
        self.session.flush()
