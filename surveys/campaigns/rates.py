"""Response rates as the AAPOR Standard Definitions have them.

The dispositions: I complete, P partial, R refusal and break-off, NC not contacted, O other eligible, UH and
UO of unknown eligibility (not asked; not delivered), NE known not to be eligible.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

CODES = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")
_BY_LINK = {"answered": "I", "locked": "I", "opted_out": "R", "revoked": "NE"}
_BY_REASON = {"household": "", "dnc": "R", "opted_out": "R"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one person of a sample."""

    state: str  # of the recipient, see lifecycle.py
    reason: str = ""
    link: str = ""  # state of the invitation, empty where there is none
    started: bool = False  # the page told so, where scripts were on
    saved: bool = False  # part of the answers was saved to go on later


@dataclass(frozen=True, slots=True)
class Rates:
    """The six response rates; ``None`` where there is nothing to divide by."""

    n: int  # eligible and of unknown eligibility together: the denominator of RR1
    e: float
    rr1: float | None
    rr2: float | None
    rr3: float | None
    rr4: float | None
    rr5: float | None
    rr6: float | None


def disposition(person: Standing) -> str:
    """Return the final disposition of one person, or of one still under way as it stands today.

    docs/statistics.md gives the table and the reasons. Whoever is on the list stands for a household that
    is asked once: the others of that household are no part of the sample, and have no disposition.

    Returns
    -------
    str
        One of ``CODES``, or the empty string for who is no part of the sample.
    """
    if person.state == "answered":
        return "I"
    if person.link in _BY_LINK:
        return _BY_LINK[person.link]
    if person.reason in _BY_REASON:
        return _BY_REASON[person.reason]
    if person.saved or person.started:
        return "P" if person.saved else "R"
    return _unanswered(person)


def _unanswered(person: Standing) -> str:
    """Return the disposition of who gave no sign: not delivered, not asked, asked in vain, taken back."""
    if person.state == "failed":
        return "UO"
    if not person.link or person.state == "skipped":
        return "UH"
    return "O" if person.link in {"withdrawn", "replaced"} else "NC"


def count(people: Mapping[Standing, int]) -> dict[str, int]:
    """Count the dispositions of people of whom the same is known; each code has a number."""
    found: Counter[str] = Counter()
    for person, n in people.items():
        found[disposition(person)] += n
    return {code: found[code] for code in CODES}


def eligible_share(counts: dict[str, int]) -> float:
    """Estimate e, the share of the unknown that is eligible, by proportional allocation.

    Parameters
    ----------
    counts : dict of str to int
        Dispositions by code; a missing code is 0.

    Returns
    -------
    float
        Known eligible over all whose eligibility is known; 1 where nobody was found ineligible.

    References
    ----------
    AAPOR, Standard Definitions, 9th edition 2016, "Estimating e"; the same default as
    ``eligibility_rate`` of the R package outcomerate.
    """
    eligible = sum(counts.get(code, 0) for code in ("I", "P", "R", "NC", "O"))
    known = eligible + counts.get("NE", 0)
    return eligible / known if known else 1.0


def response_rates(counts: dict[str, int], e: float | None = None) -> Rates:
    """Return RR1 to RR6.

    Parameters
    ----------
    counts : dict of str to int
        Dispositions by code; a missing code is 0.
    e : float, optional
        Share of the cases of unknown eligibility that are eligible, from 0 to 1; estimated from the counts
        when left out.

    Returns
    -------
    Rates
        ``RR1 = I / (I+P + R+NC+O + UH+UO)``, ``RR3`` the same with ``e (UH+UO)``, ``RR5`` without it;
        RR2, RR4 and RR6 with ``I+P`` above the line.

    Raises
    ------
    ValueError
        If ``e`` is not a share or a count is negative.

    References
    ----------
    AAPOR, Standard Definitions: Final Dispositions of Case Codes and Outcome Rates for Surveys, 9th edition
    2016.
    """
    i, p, r, nc, o, uh, uo = (counts.get(code, 0) for code in CODES[:7])
    if min(i, p, r, nc, o, uh, uo, counts.get("NE", 0)) < 0:
        raise ValueError(f"counts must not be negative, got {counts}")
    share = eligible_share(counts) if e is None else e
    if not 0 <= share <= 1:
        raise ValueError(f"e must be from 0 to 1, got {share}")
    eligible, unknown = i + p + r + nc + o, uh + uo
    below = (eligible + unknown, eligible + share * unknown, float(eligible))
    rr1, rr3, rr5 = (i / n if n else None for n in below)
    rr2, rr4, rr6 = ((i + p) / n if n else None for n in below)
    return Rates(eligible + unknown, share, rr1, rr2, rr3, rr4, rr5, rr6)
