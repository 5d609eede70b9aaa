"""What is worth knowing before a rule is relied on: that it can never win, or that it cannot do what it says.

A rule is in the shadow when every case that it fits goes to rules before it. Whether that is so is worked out
for each kind, severity and closing by itself, because several rules may share the taking.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

from followup.cases.categories import is_below
from followup.rules.policy import CONDITIONS, KINDS, SEVERITIES, Terms


def shadows(earlier: Sequence[tuple[int, Terms]], terms: Terms) -> list[int]:
    """Return the rules that together take every case of these terms, or nothing where some case is left."""
    takers: dict[int, None] = {}
    closings = ("first", "repeat") if terms.resolution == "any" else (terms.resolution,)
    for kind, severity, closing in product(terms.kinds or KINDS, terms.severities or SEVERITIES, closings):
        part = replace(terms, kinds=(kind,), severities=(severity,), resolution=closing)
        taker = next((rule_id for rule_id, wider in earlier if covers(wider, part)), None)
        if taker is None:
            return []
        takers[taker] = None
    return list(takers)


def covers(wider: Terms, narrower: Terms) -> bool:
    """Tell whether every case of the narrower terms fits the wider ones as well."""
    if wider.starts_on and not (narrower.starts_on and wider.starts_on <= narrower.starts_on):
        return False
    if wider.resolution not in ("any", narrower.resolution):
        return False
    return all(_takes_all(name, getattr(wider, name), getattr(narrower, name)) for name in CONDITIONS)


def _takes_all(condition: str, wider: Iterable[str], narrower: Sequence[str]) -> bool:
    wanted = tuple(wider)
    if not wanted or not narrower:
        return not wanted
    if condition == "categories":
        return all(any(is_below(name, node) for node in wanted) for name in narrower)
    return set(narrower) <= set(wanted)
