"""Any JSON with a token, read by the mapping that a pack has for its source."""

from __future__ import annotations

from tocsin.connectors.mapped import MappedHook

HOOK = MappedHook()
