"""Atlassian Statuspage: tells the public that a service is disturbed, and that it is well again."""
