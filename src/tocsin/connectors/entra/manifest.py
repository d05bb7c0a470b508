"""What the Entra connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="entra",
    title="Microsoft Entra",
    category=Category.ACTIONS,
    summary="Turns users and applications off and on, ends sessions, removes secrets, by Microsoft Graph.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_ENTRA_TENANT", hint="Directory (tenant) id, page Overview of Entra.", required=True
        ),
        ConnectorSetting(
            name="TOCSIN_ENTRA_CLIENT", hint="Application (client) id of our app registration.", required=True
        ),
        ConnectorSetting(
            name="TOCSIN_ENTRA_SECRET",
            hint="A client secret of it, page Certificates & secrets.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(name="TOCSIN_ENTRA_URL", hint="Only for a national cloud, with the version."),
        ConnectorSetting(name="TOCSIN_ENTRA_LOGIN_URL", hint="Only for a national cloud."),
    ),
    permissions=(
        PermissionWanted(name="User.Read.All", why="to read users before and after"),
        PermissionWanted(name="User.EnableDisableAccount.All", why="to turn users off and on"),
        PermissionWanted(name="User.RevokeSessions.All", why="to end sessions"),
        PermissionWanted(name="User-PasswordProfile.ReadWrite.All", why="to demand a new password"),
        PermissionWanted(
            name="Application.ReadWrite.All", why="to remove secrets and turn applications off and on"
        ),
        PermissionWanted(name="AuditLog.Read.All", why="to keep sign-ins as evidence"),
    ),
    performers="tocsin.connectors.entra.performers:PERFORMERS",
    collectors="tocsin.connectors.entra.collectors:COLLECTORS",
    callers=(("entra", "tocsin.connectors.entra.graph:make"),),
)
