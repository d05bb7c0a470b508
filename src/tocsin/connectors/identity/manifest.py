"""What the port of identity providers says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="identity",
    title="Identity provider",
    category=Category.ACTIONS,
    summary="Locks, resets and signs out users at whichever identity provider TOCSIN_IDP names.",
    settings=(ConnectorSetting(name="TOCSIN_IDP", hint="entra, cognito or http.", required=True),),
    performers="tocsin.connectors.identity.ports:PERFORMERS",
    callers=(("idp", "tocsin.connectors.identity.ports:make"),),
)
