"""Tests of questionnaires in and out."""
