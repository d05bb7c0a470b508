"""The settings of who signs the log's head, and of the places outside that keep it."""

from __future__ import annotations

from tocsin.app.setting import Setting

ANCHOR_SETTINGS: tuple[Setting, ...] = (
    Setting(
        "TOCSIN_LOG_KEY_URI",
        "",
        "URI of the Ed25519 key that signs the log, such as `hv:tocsin/1` or `awskms:ARN`; those of its "
        "successors follow with commas. Empty: a key in a file of the home folder.",
    ),
    Setting("TOCSIN_LOG_KEY_PUBLIC", "", "File with the public half in PEM, one for each such key."),
    Setting("TOCSIN_ANCHOR_SECONDS", "3600", "How often the head of the log is given to each place outside."),
    Setting(
        "TOCSIN_ANCHOR_BUCKET", "", "S3 bucket with Object Lock, best in a second account, that keeps heads."
    ),
    Setting("TOCSIN_ANCHOR_RETAIN_DAYS", "400", "For how long nobody can delete a head there."),
    Setting("TOCSIN_TSA_URL", "", "Address of a time-stamping authority (RFC 3161)."),
    Setting("TOCSIN_TSA_CERTIFICATES", "", "File with that authority's root certificate in PEM."),
)
