"""Scales and drivers: reliability, and which items go with overall satisfaction."""
