"""What local collectors need."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

_HERE = "tocsin.connectors.evidence_local"

MANIFEST = Manifest(
    name="evidence_local",
    title="Local evidence",
    category=Category.ACTIONS,
    summary="Keeps files, database sessions, HTTP answers, signals and the log itself as exhibits.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_FILES", hint="Folders and files that the collector `files` may read."
        ),
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_APP_LOG", hint="Where the guarded application writes its log."
        ),
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_POSTGRES_LOG",
            hint="`log_directory` of PostgreSQL, with log_connections on.",
        ),
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_VAULT_LOG", hint="The `file_path` of Vault's file audit device."
        ),
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_DATABASE_URL",
            hint="A role that may only read pg_stat_activity.",
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_DATABASE_URL", hint="Our own database, unless another is named.", secret=True
        ),
        ConnectorSetting(name="TOCSIN_EVIDENCE_CAPTURES", hint="Addresses whose answers are evidence."),
        ConnectorSetting(
            name="TOCSIN_EVIDENCE_CAPTURE_HEADERS", hint="What those addresses want to see.", secret=True
        ),
    ),
    permissions=(
        PermissionWanted(
            name="pg_read_all_stats", why="pg_stat_activity shows other roles' sessions only with it"
        ),
    ),
    collectors=f"{_HERE}.collectors:COLLECTORS",
    callers=(
        ("local.files", f"{_HERE}.files:caller"),
        ("local.postgres", f"{_HERE}.postgres:caller"),
        ("local.http", f"{_HERE}.captures:caller"),
    ),
)
