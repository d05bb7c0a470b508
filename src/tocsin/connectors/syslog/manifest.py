"""What the syslog connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="syslog",
    title="Syslog",
    category=Category.SIGNALS,
    summary="Listens for syslog (RFC 5424, RFC 3164 tolerated) over TCP, TLS and UDP.",
    settings=(
        ConnectorSetting(name="TOCSIN_SYSLOG_HOST", hint="0.0.0.0 or :: to be reached from other machines."),
        ConnectorSetting(name="TOCSIN_SYSLOG_PORT", hint="601 or 1514 are usual for TCP."),
        ConnectorSetting(name="TOCSIN_SYSLOG_TLS_PORT", hint="6514 is the port of RFC 5425."),
        ConnectorSetting(name="TOCSIN_SYSLOG_UDP_PORT", hint="514 is usual; use TCP where you can."),
        ConnectorSetting(name="TOCSIN_SYSLOG_CERT", hint="The server's certificate chain, PEM."),
        ConnectorSetting(name="TOCSIN_SYSLOG_KEY", hint="Its private key, PEM, readable by Tocsin alone."),
        ConnectorSetting(name="TOCSIN_SYSLOG_CLIENT_CA", hint="The authority of the senders' certificates."),
        ConnectorSetting(name="TOCSIN_SYSLOG_ALLOW", hint="The networks of the senders, such as 10.0.0.0/8."),
    ),
    inbound=("tocsin.connectors.syslog.message:record_of",),
)
