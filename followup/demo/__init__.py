"""Demo data: an invented heating company, marked as such: two years of answers, two months of calls, and
three weeks lived whole.
"""

from followup.demo.filling import around_the_clock, fill, sign_ins

__all__ = ["around_the_clock", "fill", "sign_ins"]
