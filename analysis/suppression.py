"""What stays hidden. The figures of the callback desk ask it as well, so it stands in ``core.suppression``."""

from core.suppression import hidden_parts

__all__ = ["hidden_parts"]
