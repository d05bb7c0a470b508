"""The settings of what acts outside: who we are there, and what we may touch."""

from __future__ import annotations

from tocsin.app.setting import Setting

ACTION_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "TOCSIN_IDP",
        "none",
        "Identity provider behind the actions `idp.*`; `http`: those of this name in actions.yml.",
        words=("none", "entra", "cognito", "http"),
    ),
    Setting("TOCSIN_ENTRA_TENANT", "", "Directory (tenant) id of Microsoft Entra."),
    Setting("TOCSIN_ENTRA_CLIENT", "", "Application (client) id of Tocsin's own app registration there."),
    Setting("TOCSIN_ENTRA_SECRET", "", "A client secret of that app registration.", secret=True),
    Setting("TOCSIN_ENTRA_URL", "https://graph.microsoft.com/v1.0", "Address of Microsoft Graph."),
    Setting(
        "TOCSIN_ENTRA_LOGIN_URL", "https://login.microsoftonline.com", "Address that gives tokens for Graph."
    ),
    Setting(
        "TOCSIN_HTTP_TARGETS",
        "",
        "Services that actions of actions.yml call, comma-separated, each `name=https://address`.",
    ),
    Setting(
        "TOCSIN_HTTP_TOKENS", "", "Their bearer tokens, comma-separated, each `name=token`.", secret=True
    ),
    Setting(
        "TOCSIN_RUNBOOK_SOURCES",
        "",
        "Where runbooks lie that are quoted, comma-separated, each `name=https://host/path` of Confluence "
        "or of raw files in Git.",
    ),
    Setting(
        "TOCSIN_RUNBOOK_TOKENS",
        "",
        "Tokens for them, comma-separated, each `name=token` or `name=user:token`.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SQL_DATABASES",
        "",
        "Databases that queries of actions.yml read, comma-separated, each `name=postgresql://...` or "
        "`name=sqlite:///path`.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SHELL_FILE",
        "",
        "The signed allow-list of commands; its signature is beside it, with `.sig`. Empty: no command runs.",
    ),
    Setting("TOCSIN_SHELL_KEY", "", "Ed25519 public key that signs it: the one line of base64 of its PEM."),
    Setting(
        "TOCSIN_FLAGS_FILES",
        "",
        "Files of feature flags (flagd) that Tocsin may write, comma-separated, each `name=path`.",
    ),
    Setting(
        "TOCSIN_BRIDGE_URL",
        "",
        "Address of an incident's conference bridge, with `{incident}` in it where the name goes.",
    ),
    Setting("TOCSIN_PAGERDUTY_TOKEN", "", "REST API key of PagerDuty, for actions.", secret=True),
    Setting(
        "TOCSIN_PAGERDUTY_FROM", "", "Mail address of the PagerDuty user in whose name actions are done."
    ),
    Setting("TOCSIN_PAGERDUTY_API_URL", "https://api.pagerduty.com", "Base address of PagerDuty's REST API."),
    Setting(
        "TOCSIN_GITHUB_TOKEN", "", "Token of GitHub for actions, best of an app's installation.", secret=True
    ),
    Setting("TOCSIN_GITHUB_URL", "https://api.github.com", "Base address of GitHub's REST API."),
    Setting("TOCSIN_COMPOSE_COMMAND", "docker compose", "What runs docker compose, for rollbacks."),
    Setting("TOCSIN_KUBERNETES_URL", "", "Address of a Kubernetes API server, for rollbacks."),
    Setting("TOCSIN_KUBERNETES_TOKEN", "", "Token of a service account there.", secret=True),
    Setting("TOCSIN_KUBERNETES_CA", "", "File with that cluster's CA in PEM; empty: the system's trust."),
)
