"""Names of things in a playbook: the same runbook has the same ids at every export."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1c4a0e-5d0b-5c3e-9a53-2f7d3f0b8a11")
"""Ours alone; ids are version 5 UUIDs (RFC 9562) of names within it."""


def object_id(kind: str, *parts: str) -> str:
    """Return `<kind>--<uuid5>` of a name."""
    return f"{kind}--{uuid5(NAMESPACE, '/'.join(parts))}"


EXTENSION = object_id("extension-definition", "tocsin-runbook")
MAKER = object_id("identity", "tocsin")


def identity_of(role: str) -> str:
    """Return the STIX identity that stands for a role."""
    return object_id("identity", "role", role)


def playbook_of(runbook_id: str) -> str:
    """Return the id of the playbook of a runbook."""
    return object_id("playbook", runbook_id)
