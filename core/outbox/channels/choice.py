"""Which sender carries which channel, as the settings say."""

from core.outbox.channels.aliyun import AliyunSms
from core.outbox.channels.chat import ChatSender
from core.outbox.channels.json_http import sms_gateway, webhook
from core.outbox.channels.smtp import SmtpSender
from core.outbox.channels.visible import VisibleOutbox
from core.outbox.senders import Sender
from core.settings import Settings


def senders_for(settings: Settings) -> dict[str, Sender]:
    """Return the sender of each channel; without a server or gateway the outbox page is the delivery."""
    senders: dict[str, Sender] = {
        "email": SmtpSender(settings) if settings.smtp_url else VisibleOutbox(),
        "sms": _sms(settings),
        "notice": VisibleOutbox(),
        "chat": ChatSender(settings),  # without any address too: then it says so of what still waits
    }
    if settings.webhook_url:
        senders["webhook"] = webhook(settings)
    return senders


def channel_for(settings: Settings, channel: str) -> str:
    """Return the channel that carries what is written for ``channel``: a webhook may take its place."""
    instead = {part.strip() for part in settings.webhook_for.split(",")}
    return "webhook" if settings.webhook_url and channel in instead else channel


def pace_of(settings: Settings, channel: str) -> int:
    """Return how many messages a minute this channel takes; 0 is no limit."""
    paces = {
        "email": settings.email_per_minute,
        "sms": settings.sms_per_minute,
        "webhook": settings.webhook_per_minute,
    }
    return paces.get(channel, 0)


def fills_templates(settings: Settings, channel: str) -> bool:
    """Tell whether the provider of this channel sends words of its own that we only fill in."""
    return channel == "sms" and bool(settings.sms_url) and settings.sms_kind == "aliyun"


def _sms(settings: Settings) -> Sender:
    if not settings.sms_url:
        return VisibleOutbox()
    return AliyunSms(settings) if settings.sms_kind == "aliyun" else sms_gateway(settings)
