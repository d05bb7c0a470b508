"""The settings of evidence: what may be collected from here, and to whom it is encrypted."""

from __future__ import annotations

from tocsin.app.setting import Setting

EVIDENCE_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "TOCSIN_EVIDENCE_RECIPIENTS",
        "",
        "Two or more age public keys, comma-separated (case key, escrow key), to whom evidence is encrypted.",
    ),
    Setting(
        "TOCSIN_EVIDENCE_FILES",
        "",
        "Folders and files that the collector `files` may keep, comma-separated.",
    ),
    Setting("TOCSIN_EVIDENCE_APP_LOG", "", "Files and folders that the collector `app.log` keeps."),
    Setting(
        "TOCSIN_EVIDENCE_POSTGRES_LOG",
        "",
        "Files and folders that the collector `postgres.connection_log` keeps.",
    ),
    Setting(
        "TOCSIN_EVIDENCE_VAULT_LOG",
        "",
        "Files and folders that the collector `vault.audit_log` keeps; empty: the capture of this name.",
    ),
    Setting(
        "TOCSIN_EVIDENCE_DATABASE_URL",
        "",
        "PostgreSQL whose sessions the collector `postgres.sessions` keeps, with a role that only reads; "
        "empty: our own database.",
        secret=True,
    ),
    Setting(
        "TOCSIN_EVIDENCE_CAPTURES",
        "",
        "Addresses that `http.capture` may read, comma-separated, each `name=https://address`.",
    ),
    Setting(
        "TOCSIN_EVIDENCE_CAPTURE_HEADERS",
        "",
        "Headers sent to them, separated by `|`, each `name=Header: value`.",
        secret=True,
    ),
)
