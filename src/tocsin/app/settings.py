"""Every setting there is, read from the environment first and `tocsin.toml` in the home folder second."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tocsin.app.action_settings import ACTION_SETTINGS
from tocsin.app.anchor_settings import ANCHOR_SETTINGS
from tocsin.app.evidence_settings import EVIDENCE_SETTINGS
from tocsin.app.partner_settings import PARTNER_SETTINGS
from tocsin.app.setting import Setting
from tocsin.domain.errors import Misconfigured

SETTINGS: tuple[Setting, ...] = (
    Setting("TOCSIN_HOME", "~/.tocsin", "Folder of the database, evidence, signals, keys and packs."),
    Setting("TOCSIN_DATABASE_URL", "", "PostgreSQL URL; empty means SQLite in the home folder.", secret=True),
    Setting("TOCSIN_PUBLIC_URL", "http://127.0.0.1:8420", "Address that links in messages point to."),
    Setting("TOCSIN_ALLOWED_HOSTS", "", "More names this server answers to, comma-separated; `*` means any."),
    Setting(
        "TOCSIN_ALERTMANAGER_OPEN",
        "never",
        "`loopback` lets /api/v2 in without a token from 127.0.0.1.",
        words=("never", "loopback"),
    ),
    Setting(
        "TOCSIN_ALERTMANAGER_FILE",
        "",
        "An `alertmanager.yml` whose receivers are told; empty: that of a pack in force, or none.",
    ),
    Setting(
        "TOCSIN_ALERTMANAGER_AS_UPSTREAM",
        "false",
        "`true` gives up every answer 4xx of a receiver until the next flush, and takes silences "
        "without a comment or a second person, as Alertmanager does.",
        words=("true", "false"),
    ),
    Setting("TOCSIN_ROUTE_PREFIX", "", "Path such as `/am` below which Alertmanager's API lies, too."),
    Setting(
        "TOCSIN_CLUSTER_PEERS",
        "",
        "Addresses of all processes on one database, comma-separated, as /api/v2/status shows them.",
    ),
    Setting(
        "TOCSIN_PROMETHEUS_ALERTS",
        "",
        "Prometheus servers whose firing alerts are read at the start and now and then, comma-separated.",
    ),
    Setting(
        "TOCSIN_PACKS",
        "baseline,cloud",
        "Shipped packs whose rules are in force, comma-separated; packs in the home folder always are.",
    ),
    Setting("TOCSIN_MAX_BODY_MB", "32", "Largest body the intake accepts, in MB, as sent."),
    Setting("TOCSIN_MAX_DECODED_MB", "200", "Largest body after decompression, in MB."),
    Setting("TOCSIN_MAX_PENDING", "256", "Intake requests at work at once before the answer is 503."),
    Setting("TOCSIN_LOG_ORIGIN", "tocsin.local/audit", "Name of the log in its checkpoints."),
    Setting(
        "TOCSIN_LOG_POLICY",
        "",
        "Path of a tlog-policy file (in the home folder unless absolute) that names the log's witnesses and "
        "their quorum; empty means none.",
    ),
    Setting(
        "TOCSIN_DELIVERY_THREADS",
        "16",
        "Deliveries of one channel at the same time; four times as many while receivers drag on.",
    ),
    Setting("TOCSIN_DELIVERY_ATTEMPTS", "8", "Tries before a message is dead."),
    Setting(
        "TOCSIN_LEASE_SECONDS",
        "6",
        "How long a dead worker's job waits until another takes it; who works on it renews its hold.",
    ),
    *PARTNER_SETTINGS,
    *EVIDENCE_SETTINGS,
    *ANCHOR_SETTINGS,
    *ACTION_SETTINGS,
    Setting("TOCSIN_SYSLOG_HOST", "127.0.0.1", "Address that the syslog doors listen on."),
    Setting("TOCSIN_SYSLOG_PORT", "", "Port for syslog over TCP; empty means none."),
    Setting("TOCSIN_SYSLOG_TLS_PORT", "", "Port for syslog over TLS; empty means none."),
    Setting(
        "TOCSIN_SYSLOG_UDP_PORT", "", "Port for syslog over UDP, which can lose messages; empty means none."
    ),
    Setting("TOCSIN_SYSLOG_CERT", "", "File of the certificate for syslog over TLS (PEM, the whole chain)."),
    Setting("TOCSIN_SYSLOG_KEY", "", "File of its private key (PEM); empty if it is in the same file."),
    Setting(
        "TOCSIN_SYSLOG_CLIENT_CA",
        "",
        "File of the authority whose client certificates let senders in over TLS, from anywhere.",
    ),
    Setting("TOCSIN_SYSLOG_ALLOW", "127.0.0.0/8,::1/128", "Networks that may send syslog, comma-separated."),
    Setting(
        "TOCSIN_KAFKA_BROKERS", "", "Brokers (host:port, comma-separated) to read signals from; empty: none."
    ),
    Setting("TOCSIN_KAFKA_TOPICS", "", "Topics to read, comma-separated, each `topic` or `topic=source`."),
    Setting("TOCSIN_KAFKA_GROUP", "tocsin", "Consumer group; all processes of one Tocsin share it."),
    Setting(
        "TOCSIN_KAFKA_SECURITY",
        "plaintext",
        "How Kafka is spoken to.",
        words=("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
    ),
    Setting("TOCSIN_KAFKA_MECHANISM", "SCRAM-SHA-512", "SASL mechanism, where Kafka wants one."),
    Setting("TOCSIN_KAFKA_USER", "", "SASL user name."),
    Setting("TOCSIN_KAFKA_PASSWORD", "", "SASL password.", secret=True),
    Setting(
        "TOCSIN_KAFKA_CA", "", "File of the authority of the brokers' certificates; empty: the system's."
    ),
    Setting(
        "TOCSIN_S3_BUCKETS",
        "",
        "Buckets with CloudTrail files, comma-separated, each `source=bucket/prefix`.",
    ),
    Setting("TOCSIN_CLOUDWATCH_LOGS", "", "Log groups to read, comma-separated, each `source=group`."),
    Setting(
        "TOCSIN_CLOUDWATCH_METRICS",
        "",
        "Metrics to read, comma-separated, each `namespace:metric:statistic`.",
    ),
    Setting("TOCSIN_AWS_REGION", "", "Region of S3 and CloudWatch; empty: as AWS's own settings say."),
    Setting("TOCSIN_AWS_URL", "", "Address of AWS's services, where it is not AWS's own."),
    Setting("TOCSIN_AWS_POLL_SECONDS", "60", "How often S3 and CloudWatch are asked for news."),
    Setting(
        "TOCSIN_PROMETHEUS_URL",
        "",
        "Prometheus server that evaluates the rule files of packs; empty: Tocsin evaluates them itself.",
    ),
    Setting(
        "TOCSIN_ACCESS_LOG", "false", "`true` writes one line a request to stderr.", words=("true", "false")
    ),
)

# More is not meant, and Python refuses to read thousands of digits.
MOST_DIGITS = 9
ADDRESS_FILE = "address"
"""The file in the home folder that holds the address its server listens on."""
_ADDRESS = re.compile(r"http://[0-9A-Za-z.:\[\]-]{1,260}")

_BY_NAME = {setting.name: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. Read one with `text`, `number` or `chosen`."""

    values: Mapping[str, str]
    origins: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return the setting's text."""
        return self.values[name]

    def listed(self, name: str) -> tuple[str, ...]:
        """Return the comma-separated words of a setting, blanks left out."""
        return tuple(word for part in self.values[name].split(",") if (word := part.strip()))

    def number(self, name: str) -> int:
        """Return the setting as a whole number above zero. Raises `Misconfigured`."""
        text = self.values[name]
        if not (text.isdecimal() and len(text) <= MOST_DIGITS and int(text) > 0):
            raise Misconfigured(
                f"{name} is {text[:40]!r}, which is not a whole number from 1 to 999999999.",
                means="Tocsin does not start, so nothing is heard and nobody is called.",
                next_step=f"Set it to a number such as {_BY_NAME[name].default} ({self.origins[name]}).",
            )
        return int(text)

    def chosen(self, name: str, *allowed: str) -> str:
        """Return the setting if it is one of the allowed words. Raises `Misconfigured`."""
        text = self.values[name]
        if text not in allowed:
            raise Misconfigured(
                f"{name} is {text!r}; it can be {' or '.join(allowed)}.",
                means="Tocsin does not start, so nothing is heard and nobody is called.",
                next_step=f"Correct {name} ({self.origins[name]}).",
            )
        return text

    def check(self) -> None:
        """Look at every number and every word before anything is started by them. Raises `Misconfigured`."""
        for setting in SETTINGS:
            if setting.default.isdecimal():
                self.number(setting.name)
            elif setting.words:
                self.chosen(setting.name, *setting.words)

    @property
    def home(self) -> Path:
        """Return the home folder, absolute."""
        return Path(self.values["TOCSIN_HOME"]).expanduser().absolute()

    def shown(self) -> tuple[tuple[str, str, str], ...]:
        """Return (name, value, origin) for people; secrets that are set print as `***`."""
        return tuple(
            (s.name, "***" if s.secret and self.values[s.name] else self.values[s.name], self.origins[s.name])
            for s in SETTINGS
        )


def load_settings(environ: Mapping[str, str] | None = None, home: Path | None = None) -> Settings:
    """Read all settings; option (`home`) wins over environment, environment over file, file over default.

    Raises `Misconfigured` for an unreadable file or an unknown name in it. An unknown name in the environment
    is left alone: Kubernetes sets some by itself for a service that is called tocsin.
    """
    environ = os.environ if environ is None else environ
    chosen_home = str(home) if home else environ.get("TOCSIN_HOME") or _BY_NAME["TOCSIN_HOME"].default
    path = Path(chosen_home).expanduser() / "tocsin.toml"
    from_file = _read_file(path)
    values: dict[str, str] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.name == "TOCSIN_HOME":
            values[setting.name] = chosen_home
            origins[setting.name] = (
                "option" if home else "environment" if "TOCSIN_HOME" in environ else "default"
            )
        elif setting.name in environ:
            values[setting.name], origins[setting.name] = environ[setting.name].strip(), "environment"
        elif setting.name in from_file:
            values[setting.name], origins[setting.name] = from_file[setting.name], str(path)
        else:
            values[setting.name], origins[setting.name] = setting.default, "default"
    if origins["TOCSIN_PUBLIC_URL"] == "default":
        values["TOCSIN_PUBLIC_URL"] = served_address(path.parent) or values["TOCSIN_PUBLIC_URL"]
    return Settings(values, origins)


def served_address(home: Path) -> str:
    """Return the address the server of this home last listened on, empty when it is not known.

    The server writes it to `<home>/address`, so that links made by the command line lead to the right port.
    """
    try:
        text = (home / ADDRESS_FILE).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return text if _ADDRESS.fullmatch(text) else ""


def _read_file(path: Path) -> dict[str, str]:
    """Return the file's settings by their `TOCSIN_*` names; there lower case, without prefix."""
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Misconfigured(
            f"{path} cannot be read: {error}.",
            means="Tocsin does not start, so nothing is heard and nobody is called.",
            next_step='Correct the file; each line is `name = "value"`, the names are in docs/settings.md.',
        ) from error
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"TOCSIN_{key.upper()}"
        if name not in _BY_NAME or name == "TOCSIN_HOME" or isinstance(value, dict | list):
            raise Misconfigured(
                f"{path} sets {key!r}, which is not a setting this file can hold.",
                means="Tocsin does not start, so that a misspelt setting is not silently ignored.",
                next_step="Correct the line; docs/settings.md has the names; lower case, no TOCSIN_.",
            )
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found
