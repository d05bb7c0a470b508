"""Runs the tests that stand beside rules, SigmaHQ's and promtool's, with one kind of answer."""
