"""Slack: messages to channels and people by the Web API."""
