"""What the PagerDuty connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="pagerduty",
    title="PagerDuty",
    category=Category.MESSAGES,
    summary="Triggers, acknowledges and resolves PagerDuty alerts by its Events API v2.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_PAGERDUTY_SECRETS",
            hint="Signing secrets of webhook subscriptions (version 3), shown once when one is made.",
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_PAGERDUTY_ROUTING_KEYS",
            hint="The integration key of a service's Events API v2 integration, as name=key.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_PAGERDUTY_URL", hint="https://events.eu.pagerduty.com/ for accounts in the EU."
        ),
        ConnectorSetting(name="TOCSIN_PAGERDUTY_TOKEN", hint="REST API key, only for actions.", secret=True),
        ConnectorSetting(name="TOCSIN_PAGERDUTY_FROM", hint="Mail address of a user, only for actions."),
        ConnectorSetting(
            name="TOCSIN_PAGERDUTY_API_URL", hint="https://api.eu.pagerduty.com for accounts in the EU."
        ),
    ),
    performers="tocsin.connectors.pagerduty.acts:PERFORMERS",
    callers=(("pagerduty", "tocsin.connectors.pagerduty.acts:make"),),
    channel="tocsin.connectors.pagerduty.setup:build",
    hook="tocsin.connectors.pagerduty.hook:HOOK",
    secrets="TOCSIN_PAGERDUTY_SECRETS",
    notifiers=(("pagerduty", "tocsin.connectors.pagerduty.notifier:build_notifier"),),
)
