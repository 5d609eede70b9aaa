"""What stays hidden; the figures of the callback desk ask it too, so it stands in ``core.suppression``."""

from core.suppression import hidden_parts

__all__ = ["HIDDEN", "hidden_parts"]

HIDDEN = "*"  # the name of the parts that are put together because each alone must be hidden
