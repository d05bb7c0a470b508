"""Opsgenie's Alert API, answered by us: for senders of teams that move away from it."""
