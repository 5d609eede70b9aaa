"""A rule as one sentence."""

from core.i18n import _, _l
from followup.cases import labels
from followup.rules.policy import Terms

CHANNEL = {
    "link_then_phone": _l("Link, then phone"),
    "link": _l("Link only"),
    "phone": _l("Phone"),
}
NAMES = {
    "severities": _l("Severity"),
    "categories": _l("Category"),
    "departments": _l("Department"),
    "service_types": _l("Service"),
    "districts": _l("District"),
    "close_reasons": _l("Closed because"),
}
_WORDS = {"severities": labels.SEVERITY, "close_reasons": labels.CLOSE_REASON}


def sentence(terms: Terms) -> str:
    """Say which closings the rule asks about, when and how."""
    return _(
        "When %(case)s is closed, then %(after)s %(what)s.",
        case=_case(terms),
        after=_after(terms),
        what=_what(terms),
    )


def limits(terms: Terms) -> str:
    """Say whom the rule leaves alone."""
    rate = f"{terms.sampling_rate:g}%"
    said = _("%(rate)s of these cases are asked.", rate=rate)
    if terms.cap_days:
        said += " " + _("Nobody is asked twice within %(days)s days.", days=terms.cap_days)
    if terms.starts_on:
        said += " " + _("Cases closed before %(day)s are left alone.", day=terms.starts_on.isoformat())
    return said


def _case(terms: Terms) -> str:
    kinds = _(" or ").join(str(labels.KIND[kind]) for kind in terms.kinds)
    said = _("a case of the kind %(kinds)s", kinds=kinds) if kinds else _("any case")
    conditions = "; ".join(
        f"{NAMES[name]}: {_values(name, getattr(terms, name))}" for name in NAMES if getattr(terms, name)
    )
    return f"{said} ({conditions})" if conditions else said


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
    if terms.channel == "phone":
        return _("call the customer")
    said = _("send a link")
    if terms.reminder_after_workdays is not None:
        said += _(", remind once after %(days)s working days", days=terms.reminder_after_workdays)
    if terms.channel == "link_then_phone":
        said += _(
            ", and call when nobody answered within %(days)s working days", days=terms.phone_after_workdays
        )
    return said
