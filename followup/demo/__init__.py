"""Demo data: an invented heating company, marked as such, with two years of answers and three lived weeks."""

from followup.demo.filling import around_the_clock, fill, sign_ins

__all__ = ["around_the_clock", "fill", "sign_ins"]
