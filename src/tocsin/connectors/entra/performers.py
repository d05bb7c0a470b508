"""All that can be done in Entra."""

from __future__ import annotations

from tocsin.connectors.entra import applications, users

PERFORMERS = (
    users.DISABLE,
    users.ENABLE,
    users.FORCE_RESET,
    users.REVOKE_SESSIONS,
    applications.REMOVE_SECRET,
    applications.DISABLE,
    applications.ENABLE,
)
