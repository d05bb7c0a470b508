"""Marks that the templates draw: severity, clocks, times and text from outside."""
