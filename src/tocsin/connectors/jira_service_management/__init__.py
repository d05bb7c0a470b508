"""Jira Service Management: alerts of its operations, and what stands in for Opsgenie."""
