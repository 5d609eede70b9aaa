"""Satisfaction over many periods: run charts with limits, and tests for a trend."""
