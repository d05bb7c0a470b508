"""What the mail intake says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="mail",
    title="Mail (intake)",
    category=Category.ALERTS,
    summary="Takes mail to SOURCE+KEY@anything as alerts; the key in the address is the proof.",
    settings=(
        ConnectorSetting(name="TOCSIN_MAIL_PORT", hint="Behind a relay, for example 2525."),
        ConnectorSetting(name="TOCSIN_MAIL_HOST", hint="Give an address that only your relay reaches."),
        ConnectorSetting(
            name="TOCSIN_MAIL_KEYS",
            hint="Keys for the address, best as source=key: 16 to 80 of a-z 0-9.",
            secret=True,
        ),
    ),
    inbound=("tocsin.connectors.mail.letters:read_letter",),
    hook="tocsin.connectors.mail.hook:HOOK",
    secrets="TOCSIN_MAIL_KEYS",
)
