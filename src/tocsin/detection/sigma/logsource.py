"""Which log source a record comes from, told by its shape, and whether a rule speaks about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """The log source a rule names, in lower case; an empty part is not restricted."""

    product: str = ""
    service: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is known about a record's source: all names under which rules may speak of it, in lower case."""

    products: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def fits(self, wanted: LogSource) -> bool:
        """Say whether a rule for `wanted` applies; a part that is named must be known to be so."""
        return (
            (not wanted.product or wanted.product in self.products)
            and (not wanted.service or wanted.service in self.services)
            and (not wanted.category or wanted.category in self.categories)
        )


# Windows channels in lower case -> Sigma's name of the service.
CHANNELS = {
    "application": "application",
    "security": "security",
    "system": "system",
    "windows powershell": "powershell-classic",
    "dns server": "dns-server",
    "openssh/operational": "openssh",
    "msexchange management": "msexchange-management",
    **{
        f"microsoft-windows-{channel}": service
        for channel, service in {
            "sysmon/operational": "sysmon",
            "powershell/operational": "powershell",
            "powershellcore/operational": "powershell",
            "windows defender/operational": "windefend",
            "taskscheduler/operational": "taskscheduler",
            "wmi-activity/operational": "wmi",
            "bits-client/operational": "bits-client",
            "dns-client/operational": "dns-client",
            "dns-client events/operational": "dns-client",
            "dns-server/audit": "dns-server-audit",
            "dns-server/analytical": "dns-server-analytic",
            "codeintegrity/operational": "codeintegrity-operational",
            "codeintegrity/verbose": "codeintegrity-verbose",
            "windows firewall with advanced security/firewall": "firewall-as",
            "appxdeploymentserver/operational": "appxdeployment-server",
            "appxpackaging/operational": "appxpackaging-om",
            "appmodel-runtime/admin": "appmodel-runtime",
            "applocker/exe and dll": "applocker",
            "applocker/msi and script": "applocker",
            "applocker/packaged app-deployment": "applocker",
            "applocker/packaged app-execution": "applocker",
            "ntlm/operational": "ntlm",
            "printservice/admin": "printservice-admin",
            "printservice/operational": "printservice-operational",
            "security-mitigations/kernel mode": "security-mitigations",
            "security-mitigations/user mode": "security-mitigations",
            "smbclient/security": "smbclient-security",
            "smbclient/connectivity": "smbclient-connectivity",
            "smbserver/connectivity": "smbserver-connectivity",
            "terminalservices-localsessionmanager/operational": "terminalservices-localsessionmanager",
            "driverframeworks-usermode/operational": "driver-framework",
            "shell-core/operational": "shell-core",
            "diagnosis-scripted/operational": "diagnosis-scripted",
            "lsa/operational": "lsa-server",
            "ldap-client/debug": "ldap",
            "capi2/operational": "capi2",
            "iis-configuration/operational": "iis-configuration",
        }.items()
    },
    **{
        f"microsoft-windows-{service}/operational": service
        for service in ("certificateservicesclient-lifecycle-system",)
    },
    "microsoft-servicebus-client/operational": "microsoft-servicebus-client",
    "microsoft-servicebus-client/admin": "microsoft-servicebus-client",
}

_REGISTRY = ("registry_event",)

# Service -> number of the record -> Sigma's categories. The numbers are those of Microsoft's documentation of
# Sysmon (https://learn.microsoft.com/sysinternals/downloads/sysmon) and of PowerShell's own logs.
CATEGORIES: dict[str, dict[int, tuple[str, ...]]] = {
    "sysmon": {
        1: ("process_creation",),
        2: ("file_change",),
        3: ("network_connection",),
        4: ("sysmon_status",),
        5: ("process_termination",),
        6: ("driver_load",),
        7: ("image_load",),
        8: ("create_remote_thread",),
        9: ("raw_access_thread",),
        10: ("process_access",),
        11: ("file_event",),
        12: ("registry_add", "registry_delete", *_REGISTRY),
        13: ("registry_set", *_REGISTRY),
        14: ("registry_rename", *_REGISTRY),
        15: ("create_stream_hash",),
        16: ("sysmon_status",),
        17: ("pipe_created",),
        18: ("pipe_created",),
        19: ("wmi_event",),
        20: ("wmi_event",),
        21: ("wmi_event",),
        22: ("dns_query",),
        23: ("file_delete",),
        24: ("clipboard_capture",),
        25: ("process_tampering",),
        26: ("file_delete", "file_delete_detected"),
        27: ("file_block_executable",),
        28: ("file_block_shredding",),
        29: ("file_executable_detected",),
        255: ("sysmon_error",),
    },
    "powershell": {4103: ("ps_module",), 4104: ("ps_script",)},
    "powershell-classic": {
        400: ("ps_classic_start",),
        600: ("ps_classic_provider_start",),
        800: ("ps_module",),
    },
}

# Where `Channel` is missing, the provider tells the service.
PROVIDERS = {
    "microsoft-windows-sysmon": "sysmon",
    "microsoft-windows-powershell": "powershell",
    "powershell": "powershell-classic",
    "microsoft-windows-security-auditing": "security",
    "service control manager": "system",
}

_GENERIC = ("product", "service", "category", "class")

# Every field that a record's signature may depend on; a matcher reads no others to find the log source.
_WINDOWS = ("EventID", "Channel", "Provider_Name", "SourceName")
ROUTING = (*_WINDOWS, "eventName", "eventSource", "eventVersion", *_GENERIC)


def signature(record: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what the origin depends on, small and hashable, so that origins can be remembered by it."""
    if "EventID" in record:
        number = record["EventID"]
        channel = _word(record, "Channel")
        # The provider is not looked at where the channel tells the service, so it need not be read.
        provider = "" if channel in CHANNELS else _provider(record)
        return ("windows", channel, provider, _number(number))
    if isinstance(record.get("eventName"), str) and _names_aws(record):
        return ("cloudtrail",)
    words = [_word(record, key) for key in _GENERIC]
    if not words[1]:
        words[1] = _service_within(record)
    return ("named", *words)


def origin(signed: tuple[object, ...]) -> Origin:
    """Return the origin that a signature stands for."""
    if signed[0] == "cloudtrail":
        return Origin(products=frozenset({"aws"}), services=frozenset({"cloudtrail"}))
    words = [word if isinstance(word, str) else "" for word in signed[1:]]
    if signed[0] == "windows":
        return _windows(words[0], words[1], signed[3])
    product, service, category, class_ = words
    return Origin(
        products=frozenset({product} - {""}),
        services=frozenset({service} - {""}),
        categories=frozenset({category, class_} - {""}),
    )


def _windows(channel: str, provider: str, number: object) -> Origin:
    service = CHANNELS.get(channel) or PROVIDERS.get(provider, "")
    categories = CATEGORIES.get(service, {}).get(number, ()) if isinstance(number, int) else ()
    return Origin(
        products=frozenset({"windows"}),
        services=frozenset({service} - {""}),
        categories=frozenset(categories),
    )


def _names_aws(record: Mapping[str, Any]) -> bool:
    """Say whether a record with an event's name is one of CloudTrail.

    Exports often leave fields out, so the address of the service is enough. Records of insights and of
    partners name other sources and are told by `eventVersion`, which no other format has beside them.
    """
    source = record.get("eventSource")
    return isinstance(source, str) and (
        source.lower().endswith(".amazonaws.com") or isinstance(record.get("eventVersion"), str)
    )


def _word(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    return value[:200].strip().lower() if isinstance(value, str) else ""


def _service_within(record: Mapping[str, Any]) -> str:
    """Return the service's name where `service` is an object, as in GuardDuty's findings."""
    service = record.get("service")
    return _word(service, "serviceName") if isinstance(service, dict) else ""


def _provider(record: Mapping[str, Any]) -> str:
    return _word(record, "Provider_Name") or _word(record, "SourceName")


def _number(value: object) -> int | None:
    if isinstance(value, str) and len(value) < 7 and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < 1_000_000 else None
