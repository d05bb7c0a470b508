"""What Tocsin's own acts say of themselves."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="own",
    title="Tocsin itself",
    category=Category.ACTIONS,
    summary="Pages and notifies people, counts stored signals, and tells where an incident's bridge is.",
    settings=(ConnectorSetting(name="TOCSIN_BRIDGE_URL", hint="https://meet.example.org/{incident}"),),
    performers="tocsin.connectors.own.performers:PERFORMERS",
    callers=(("bridge", "tocsin.connectors.own.bridge:make"),),
)
