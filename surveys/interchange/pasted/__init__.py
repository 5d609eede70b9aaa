"""The text that Chinese offices keep questionnaires in: ``1. 题干[单选题]`` and below it the options."""

from surveys.interchange.pasted.reading import read

__all__ = ["read"]
