"""A rule as one sentence."""

from core.i18n import _, _l, language, ngettext
from followup.cases import labels
from followup.rules.policy import Terms

CHANNEL = {
    "link_then_phone": _l("Link, then phone"),
    "phone_then_link": _l("Phone, then link"),
    "link": _l("Link only"),
    "phone": _l("Phone"),
}
WRITTEN = {
    "sms,email": _l("SMS, else e-mail"),
    "email,sms": _l("E-mail, else SMS"),
    "sms": _l("SMS only"),
    "email": _l("E-mail only"),
}
RESOLUTION = {
    "any": _l("each time"),
    "first": _l("for the first time"),
    "repeat": _l("for the second or a later time"),
}
NAMES = {
    "severities": _l("Severity"),
    "categories": _l("Category"),
    "departments": _l("Department"),
    "service_types": _l("Service"),
    "districts": _l("District"),
    "close_reasons": _l("Closed because"),
    "came_by": _l("Came by"),
}
_WORDS = {
    "severities": labels.SEVERITY,
    "close_reasons": labels.CLOSE_REASON,
    "came_by": labels.CHANNEL,
    "uncapped": {**labels.KIND, **labels.SEVERITY},
}


def sentence(terms: Terms) -> str:
    """Say which closings the rule asks about, when and how."""
    facts = {"case": _case(terms), "after": _after(terms), "what": _what(terms)}
    if terms.resolution == "first":
        return _("When %(case)s is closed for the first time, then %(after)s %(what)s.", **facts)
    if terms.resolution == "repeat":
        return _("When %(case)s is closed for the second or a later time, then %(after)s %(what)s.", **facts)
    return _("When %(case)s is closed, then %(after)s %(what)s.", **facts)


def limits(terms: Terms) -> str:
    """Say whom the rule leaves alone."""
    rate = f"{terms.sampling_rate:g}%"
    is_all = terms.sampling_rate == 100 and not terms.kind_rates
    share = (
        _("All of these cases are asked.") if is_all else _("%(rate)s of these cases are asked.", rate=rate)
    )
    said = [share]
    if terms.kind_rates:
        said.append(_("Other rates: %(rates)s.", rates=_rates(terms)))
    if terms.cap_days:
        said.append(_("Nobody is asked twice within %(days)s days.", days=terms.cap_days))
    if terms.cap_days and terms.uncapped:
        said.append(_("Exempt from this: %(cases)s.", cases=_values("uncapped", terms.uncapped)))
    if terms.channel != "link" and terms.agents:
        said.append(_("The calls are made by: %(agents)s.", agents=terms.agents))
    if terms.channel != "link" and terms.skill:
        said.append(_("The calls are made by somebody who can: %(skill)s.", skill=terms.skill))
    if terms.starts_on:
        said.append(_("Cases closed before %(day)s are left alone.", day=terms.starts_on.isoformat()))
    return ("" if language().startswith("zh") else " ").join(said)  # Chinese puts nothing between sentences


def _rates(terms: Terms) -> str:
    return "; ".join(f"{labels.KIND[kind]} {rate:g}%" for kind, rate in terms.kind_rates)


def _case(terms: Terms) -> str:
    kinds = _(" or ").join(str(labels.KIND[kind]) for kind in terms.kinds)
    said = _("a case of the kind %(kinds)s", kinds=kinds) if kinds else _("any case")
    conditions = "; ".join(
        _("%(column)s: %(said)s", column=NAMES[name], said=_values(name, getattr(terms, name)))
        for name in NAMES
        if getattr(terms, name)
    )
    return _("%(case)s (%(conditions)s)", case=said, conditions=conditions) if conditions else said


def _values(name: str, values: tuple[str, ...]) -> str:
    words = _WORDS.get(name, {})
    return _(" or ").join(str(words.get(value, value)) for value in values)


def _after(terms: Terms) -> str:
    if not terms.delay_hours:
        return _("at once")
    hours = f"{terms.delay_hours:g}"
    if terms.delay_in == "working":
        return _("after %(hours)s working hours", hours=hours)
    return _("after %(hours)s hours", hours=hours)


def _what(terms: Terms) -> str:
    written = WRITTEN[",".join(terms.written)]
    if terms.channel == "phone":
        return _("call the customer")
    if terms.channel == "phone_then_link":
        return _(
            "call the customer, and send a link by %(channels)s when nobody is reached", channels=written
        )
    said = _("send a link by %(channels)s", channels=written)
    if terms.reminder_after_workdays is not None:
        days = terms.reminder_after_workdays
        said += ngettext(
            ", remind once after %(num)s working day", ", remind once after %(num)s working days", days
        )
    if terms.channel == "link_then_phone":
        said += ngettext(
            ", and call when nobody answered within %(num)s working day",
            ", and call when nobody answered within %(num)s working days",
            terms.phone_after_workdays,
        )
    return said
