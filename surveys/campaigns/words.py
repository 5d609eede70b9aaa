"""Campaigns in words: states, reasons, and the terms as a few short lines."""

from core.contacts import governance
from core.i18n import _, _l, ngettext, said_day
from surveys.campaigns.audiences import providers
from surveys.campaigns.policy import CONTACTS, OWN_LIST, Terms

CAMPAIGN = {
    "draft": (_l("Draft"), "neutral"),
    "running": (_l("Running"), "good"),
    "paused": (_l("Paused"), "warn"),
    "ended": (_l("Ended"), "neutral"),
}
WAVE = {
    "running": (_l("Running"), "good"),
    "paused": (_l("Paused"), "warn"),
    "closed": (_l("Over"), "neutral"),
}
PERSON = {
    "planned": (_l("Planned"), "neutral"),
    "sending": (_l("Being sent"), "info"),
    "sent": (_l("Waiting for an answer"), "info"),
    "answered": (_l("Answered"), "good"),
    "skipped": (_l("Passed over"), "neutral"),
    "failed": (_l("Not delivered"), "bad"),
    "expired": (_l("Not answered"), "warn"),
    "stopped": (_l("Stopped"), "neutral"),
}
REASON = {
    "household": _l("Somebody of the same household is asked."),
    "too_late": _l("The time for asking or answering was over."),
    "gone": _l("The contact was deleted."),
    "taken_back": _l("The message was taken back before it went out."),
    "undeliverable": _l("The message could not be delivered."),
    "uncertain": _l("The message may have arrived or not; it is not sent again by itself."),
    "opted_out": _l("Chose “No more such invitations”."),
    "ended": _l("The campaign was ended."),
    "no_answer": _l("The last day to answer has passed."),
    "saved": _l("Saved a part of the answers and never sent them."),
    "withdrawn": _l("The link was taken back."),
}
CHANNEL = {"sms": _l("SMS"), "email": _l("E-mail"), "paper": _l("Paper"), "all": _l("All together")}
STEP = {
    "sampled": _l("In the sample"),
    "invited": _l("Invited"),
    "delivered": _l("Delivered"),
    "opened": _l("Opened"),
    "started": _l("Started"),
    "finished": _l("Finished"),
}
DISPOSITION = {
    "I": _l("Complete: the questionnaire was sent"),
    "P": _l("Partial: a part was saved, never sent"),
    "R": _l("Refused, or begun and broken off"),
    "NC": _l("Delivered, no answer"),
    "O": _l("Link taken back for another reason"),
    "UH": _l("In the sample, not asked"),
    "UO": _l("Could not be delivered"),
    "NE": _l("Reached somebody else; not eligible"),
}
GROUP = {
    "service_type": _l("Service"),
    "district": _l("District"),
    "department": _l("Department"),
    "category": _l("Category"),
    "language": _l("Language"),
    "source": _l("Where the contact comes from"),
}
LANGUAGE = {"": _l("Any"), "zh_Hans": _l("Chinese"), "en": _l("English")}
HOUSEHOLD = {"": _l("Any"), "yes": _l("With a household number"), "no": _l("Without")}
REACH = {
    "": _l("Any"),
    "mobile": _l("A mobile number"),
    "email": _l("An e-mail address"),
    "either": _l("One of the two"),
}
SAMPLE = {
    "all": _l("Everybody on the list"),
    "simple": _l("A random sample"),
    "stratified": _l("A random sample from each group"),
}
ALLOCATION = {
    "proportional": _l("In proportion"),
    "equal": _l("The same number each"),
}
SCHEDULE = {"once": _l("Once"), "quarterly": _l("Every quarter"), "half_yearly": _l("Every half year")}
CHANNELS = {
    "sms,email": _l("SMS, else e-mail"),
    "email,sms": _l("E-mail, else SMS"),
    "sms": _l("SMS only"),
    "email": _l("E-mail only"),
}


def audiences() -> dict[str, str]:
    """Return all audiences by key."""
    own = {CONTACTS: _("Contacts that fit"), OWN_LIST: _("A list of its own, from a file")}
    return own | {provider.key: str(provider.label) for provider in providers()}


def reason(code: str) -> str:
    """Say why somebody was not asked, or asked no further."""
    return str(REASON[code]) if code in REASON else governance.said(code) if code else ""


def facts(terms: Terms, language: str) -> list[tuple[str, str]]:
    """Return the terms as pairs of a name and a short text."""
    return [
        (_("Whom to ask"), audiences().get(terms.audience, terms.audience)),
        (_("How many"), _sample(terms)),
        (_("When"), _when(terms, language)),
        (_("Send by"), str(CHANNELS[",".join(terms.channels)])),
        (_("Time to answer"), ngettext("%(num)s day", "%(num)s days", terms.answer_days)),
        (_("Reminders"), _reminders(terms)),
        (_("Pace"), _("%(n)s messages in an hour", n=terms.pace)),
        (_("Left alone"), _cap(terms)),
    ]


def _sample(terms: Terms) -> str:
    if terms.sample == "all":
        return str(SAMPLE["all"])
    if terms.sample == "simple":
        return _("%(n)s at random", n=terms.sample_size)
    group = str(GROUP[terms.group_by])
    if terms.allocation == "equal":
        return _("%(n)s at random from each group by: %(group)s", n=terms.sample_size, group=group)
    return _("%(n)s at random, in proportion to: %(group)s", n=terms.sample_size, group=group)


def _when(terms: Terms, language: str) -> str:
    often = str(SCHEDULE[terms.schedule])
    if terms.starts_on is None:
        return _("%(often)s, as soon as it is started", often=often)
    day = said_day(terms.starts_on, language, terms.starts_on)
    return _("%(often)s, from %(day)s, %(hour)s o’clock", often=often, day=day, hour=terms.hour)


def _reminders(terms: Terms) -> str:
    if not terms.reminders:
        return _("none")
    return _("%(n)s, after %(days)s days each", n=terms.reminders, days=terms.reminder_days)


def _cap(terms: Terms) -> str:
    if terms.exempt or not terms.cap_days:
        return _("Only who wants no contact")
    return _("Who was asked in the last %(days)s days, by whatever way", days=terms.cap_days)
