"""Tocsin hears, judges, calls, finds out, acts and proves it."""

__version__ = "0.1.0"
