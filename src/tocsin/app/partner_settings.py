"""The settings of partners: the channels that messages leave by, and those who push alerts to us."""

from __future__ import annotations

from tocsin.app.setting import Setting

PARTNER_SETTINGS: tuple[Setting, ...] = (
    Setting("TOCSIN_SLACK_TOKEN", "", "Bot token (xoxb-...) for the slack channel.", secret=True),
    Setting("TOCSIN_SLACK_URL", "https://slack.com/api/", "Base address of Slack's Web API."),
    Setting(
        "TOCSIN_SLACK_WEBHOOKS",
        "",
        "Incoming webhooks of Slack as `name=URL`, comma-separated; the name is the address.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SLACK_SIGNING_SECRETS",
        "",
        "Signing secrets of the Slack app, comma-separated; without one Slack's buttons only open links.",
        secret=True,
    ),
    Setting(
        "TOCSIN_PAGERDUTY_ROUTING_KEYS",
        "",
        "Routing keys of PagerDuty (Events API v2) as `name=key`, comma-separated; the name is the address.",
        secret=True,
    ),
    Setting(
        "TOCSIN_PAGERDUTY_URL",
        "https://events.pagerduty.com/",
        "Base address of PagerDuty's events; in the EU https://events.eu.pagerduty.com/.",
    ),
    Setting(
        "TOCSIN_JIRA_URL",
        "",
        "Address of Jira for the jira channel; the address is a project, or `project/issue type`.",
    ),
    Setting(
        "TOCSIN_JIRA_TOKEN", "", "API token (Cloud) or personal access token (Data Center).", secret=True
    ),
    Setting("TOCSIN_JIRA_USER", "", "Mail address of the token's owner (Cloud); empty means Data Center."),
    Setting(
        "TOCSIN_JIRA_ISSUE_TYPE", "Task", "Type of new issues, by name or id, where the address names none."
    ),
    Setting(
        "TOCSIN_JIRA_PRIORITIES", "", "Ids of priorities as `P1=1,P2=2`; empty: as the project sets them."
    ),
    Setting(
        "TOCSIN_JIRA_RESOLVE_TRANSITION",
        "",
        "Id (or name) of the transition that closes an issue; empty: it is only commented.",
    ),
    Setting(
        "TOCSIN_JSM_KEYS",
        "",
        "API keys of integrations of Jira Service Management as `name=key`; the name is the address.",
        secret=True,
    ),
    Setting(
        "TOCSIN_JSM_TOKEN",
        "",
        "API token for the operations API of Jira Service Management, in place of keys.",
        secret=True,
    ),
    Setting("TOCSIN_JSM_USER", "", "Mail address of that token's owner."),
    Setting("TOCSIN_JSM_CLOUD_ID", "", "Id of the Atlassian site, for that token."),
    Setting(
        "TOCSIN_JSM_URL",
        "https://api.atlassian.com/jsm/ops/",
        "Base address of the operations of Jira Service Management.",
    ),
    Setting(
        "TOCSIN_TEAMS_WEBHOOKS",
        "",
        "Workflow webhooks of Microsoft Teams as `name=URL`, comma-separated; the name is the address.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SMTP_URL",
        "",
        "smtp://user:password@host:587?starttls=true for the smtp channel.",
        secret=True,
    ),
    Setting("TOCSIN_SMTP_FROM", "", "Sender address of mail."),
    Setting(
        "TOCSIN_WEBHOOK_SECRETS",
        "",
        "Comma-separated whsec_ secrets that sign the webhook channel.",
        secret=True,
    ),
    Setting("TOCSIN_TWILIO_ACCOUNT", "", "SID (AC...) of the Twilio account of the channels sms and voice."),
    Setting(
        "TOCSIN_TWILIO_TOKEN",
        "",
        "Its auth token; while it rotates the new one, a comma, the old.",
        secret=True,
    ),
    Setting("TOCSIN_TWILIO_FROM", "", "Number that texts and calls come from; for texts also MG..."),
    Setting("TOCSIN_TWILIO_URL", "https://api.twilio.com/", "Base address of Twilio's REST API."),
    Setting("TOCSIN_NTFY_URL", "", "ntfy server of the ntfy channel, https://ntfy.sh or your own."),
    Setting(
        "TOCSIN_NTFY_TOKEN", "", "Access token (tk_...) for its topics; empty: they are open.", secret=True
    ),
    Setting("TOCSIN_PUSH_CONTACT", "", "mailto: address that push services may ask; sets up web push."),
    Setting("TOCSIN_STATUSPAGE_KEY", "", "API key of the statuspage channel.", secret=True),
    Setting("TOCSIN_STATUSPAGE_URL", "https://api.statuspage.io/v1/", "Base address of Statuspage's API."),
    Setting(
        "TOCSIN_HEARTBEAT_URL",
        "",
        "Address outside that is asked again and again while all is well; its silence must page somebody.",
        secret=True,
    ),
    Setting("TOCSIN_HEARTBEAT_SECONDS", "60", "How often that address is asked."),
    Setting(
        "TOCSIN_PAGERDUTY_SECRETS",
        "",
        "Secrets that sign PagerDuty's webhooks, comma-separated, the current one first.",
        secret=True,
    ),
    Setting(
        "TOCSIN_EVENTS_V2_KEYS",
        "",
        "Routing keys that /v2/enqueue accepts beside ingest tokens, comma-separated.",
        secret=True,
    ),
    Setting(
        "TOCSIN_OPSGENIE_KEYS",
        "",
        "API keys that /opsgenie accepts beside ingest tokens, comma-separated.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SENTRY_SECRETS",
        "",
        "Client secrets that sign Sentry's webhooks, comma-separated, the current one first.",
        secret=True,
    ),
    Setting(
        "TOCSIN_ALERTMANAGER_URLS",
        "",
        "Alertmanagers to ask when their webhook left alerts out, comma-separated, each `source=URL`.",
    ),
    Setting(
        "TOCSIN_GITHUB_SECRETS",
        "",
        "Secrets that sign GitHub's webhooks, comma-separated, the current one first.",
        secret=True,
    ),
    Setting(
        "TOCSIN_WEBHOOK_IN_SECRETS",
        "",
        "whsec_ secrets of senders of Standard Webhooks, comma-separated, the current first.",
        secret=True,
    ),
    Setting(
        "TOCSIN_GUARDDUTY_SECRETS",
        "",
        "Secret headers of EventBridge's connections, comma-separated, the current one first.",
        secret=True,
    ),
    Setting(
        "TOCSIN_EDGEDELTA_TOKENS",
        "",
        "Tokens of Edge Delta's monitors, accepted beside ingest tokens, comma-separated.",
        secret=True,
    ),
    Setting(
        "TOCSIN_GENERIC_TOKENS",
        "",
        "Tokens of senders of any JSON, accepted beside ingest tokens, comma-separated.",
        secret=True,
    ),
    Setting(
        "TOCSIN_SNS_TOPICS",
        "",
        "ARNs of the SNS topics that may send, comma-separated; their subscriptions are confirmed.",
    ),
    Setting("TOCSIN_MAIL_PORT", "", "Port for mail that brings alerts; empty means none."),
    Setting("TOCSIN_MAIL_HOST", "127.0.0.1", "Address that the mail door listens on."),
    Setting(
        "TOCSIN_MAIL_KEYS",
        "",
        "Keys of the mail door's addresses, 16 to 80 of a-z 0-9 each, comma-separated.",
        secret=True,
    ),
)
