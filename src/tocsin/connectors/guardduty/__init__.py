"""Findings of Amazon GuardDuty, however they come."""
