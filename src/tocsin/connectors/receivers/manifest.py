"""What the connector of imported receivers says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Manifest

_CHATS = "tocsin.connectors.receivers.chats"

MANIFEST = Manifest(
    name="receivers",
    title="Imported receivers",
    category=Category.MESSAGES,
    summary="Tells Discord, Pushover, SNS, Telegram, VictorOps, Webex, WeChat as an alertmanager.yml says.",
    notifiers=(
        ("discord", f"{_CHATS}:discord"),
        ("pushover", f"{_CHATS}:pushover"),
        ("sns", "tocsin.connectors.receivers.topics:build_notifier"),
        ("telegram", f"{_CHATS}:telegram"),
        ("victorops", f"{_CHATS}:victorops"),
        ("webex", f"{_CHATS}:webex"),
        ("wechat", "tocsin.connectors.receivers.wechat:build_notifier"),
    ),
)
