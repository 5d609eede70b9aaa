"""Questionnaires in and out: JSON, XLSForm, pasted text, LimeSurvey. Instruments, never answers."""
