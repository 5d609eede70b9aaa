"""Demo data: an invented heating company, marked as such, with two years of answers and three lived weeks."""

from followup.demo.filling import SIGN_IN_FILE, fill, sign_ins

__all__ = ["SIGN_IN_FILE", "fill", "sign_ins"]
