"""Runbooks as CACAO 2.0 playbooks (OASIS) and back, without loss."""
