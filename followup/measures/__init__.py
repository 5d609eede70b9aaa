"""Improvement measures: what was heard, what is done about it, by whom and until when."""
