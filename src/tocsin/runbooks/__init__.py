"""Runbooks: their files, what is wrong with them, what fits an incident, and how far a run has come."""
