"""What the connector of feature flags says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="flags",
    title="Feature flags (flagd)",
    category=Category.ACTIONS,
    summary="Sets the default variant of a flag in a flagd file, which every OpenFeature SDK evaluates.",
    settings=(
        ConnectorSetting(name="TOCSIN_FLAGS_FILES", hint="platform=/etc/flagd/platform.json", required=True),
    ),
    permissions=(PermissionWanted(name="the file and its folder", why="to write a new file in place of it"),),
    performers="tocsin.connectors.flags.performers:PERFORMERS",
    callers=(("flags", "tocsin.connectors.flags.files:make"),),
)
