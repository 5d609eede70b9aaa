"""LimeSurvey: the structure of a survey as it is exported (.lss), in its older and newer layout."""

from surveys.interchange.limesurvey.reading import read

__all__ = ["read"]
