"""Jira: an issue an incident."""
