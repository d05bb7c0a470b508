"""The arguments of an action: checked against its parameters, kept without secrets, and bound by a digest."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from ipaddress import ip_network
from typing import Any, ClassVar

from tocsin.domain.action import ActionClass, Declaration, Demand, ParameterKind
from tocsin.domain.errors import Explained
from tocsin.domain.expressions import text_of
from tocsin.domain.ports.keeping import Vault

MASK = "***"
INCIDENT_KEY = "incident_key"
LONGEST_TEXT = 16_384
MOST_MEMBERS = 1_000
SEALED, FINGERPRINT = "sealed", "fingerprint"
_DURATION = re.compile(
    r"(?:(?P<weeks>\d{1,4})w)?(?:(?P<days>\d{1,5})d)?(?:(?P<hours>\d{1,6})h)?"
    r"(?:(?P<minutes>\d{1,7})m)?(?:(?P<seconds>\d{1,8})s)?",
    re.ASCII,
)
_FLAGS = {"true": True, "false": False}


class ArgumentsWrong(Explained):
    """An action was asked for with arguments that it does not take (HTTP 422)."""

    code: ClassVar[str] = "action_arguments"
    status: ClassVar[int] = 422

    def __init__(self, name: str, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(
            f"{name} cannot be asked for like this: {'; '.join(self.faults)}.",
            means="Nothing was proposed or changed.",
            next_step=f"`tocsin action show {name}` lists the arguments it takes.",
        )


def checked(declaration: Declaration, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the arguments in the types that plays get. Raises `ArgumentsWrong`, which names every fault.

    No fault repeats the value, since it may be secret.
    """
    faults = [f"it takes no {name[:60]!r}" for name in given if name not in _names(declaration)]
    values = {}
    for parameter in declaration.parameters:
        value = given.get(parameter.name)
        if value is None or value == "":
            if parameter.required:
                faults.append(f"{parameter.name} is missing")
            continue
        try:
            values[parameter.name] = _READERS[parameter.kind](value)
        except (ValueError, TypeError, RecursionError):
            faults.append(f"{parameter.name} is no {_WORDS[parameter.kind]}")
    if faults:
        raise ArgumentsWrong(declaration.name, faults)
    return values


def completed(declaration: Declaration, given: Mapping[str, Any], incident_key: str) -> Mapping[str, Any]:
    """Return the arguments with what names the incident to partners, where the action takes that."""
    is_missing = INCIDENT_KEY in _names(declaration) and not given.get(INCIDENT_KEY)
    return {**given, INCIDENT_KEY: incident_key} if is_missing else given


def stored(declaration: Declaration, values: Mapping[str, Any], vault: Vault) -> Mapping[str, Any]:
    """Return checked arguments as they are kept: JSON values, secret ones sealed beside a fingerprint.

    The fingerprint is keyed, so that whoever reads the log cannot try out what the secret may be.
    """
    kept: dict[str, Any] = {}
    for parameter in declaration.parameters:
        if parameter.name not in values:
            continue
        value = _plain(values[parameter.name])
        if parameter.secret:
            plain = str(value).encode()
            sealed = base64.b64encode(vault.seal(plain)).decode("ascii")
            kept[parameter.name] = {SEALED: sealed, FINGERPRINT: vault.fingerprint(plain)}
        else:
            kept[parameter.name] = value
    return kept


def restored(declaration: Declaration, kept: Mapping[str, Any], vault: Vault) -> Mapping[str, Any]:
    """Return what was stored in the types that plays get, secrets in the clear. Raises `ArgumentsWrong`."""
    opened = {
        name: vault.unseal(base64.b64decode(value[SEALED])).decode() if _is_sealed(value) else value
        for name, value in kept.items()
    }
    return checked(declaration, opened)


def shown(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return stored arguments as people and logs may see them: secrets are masked."""
    return {name: MASK if _is_sealed(value) else value for name, value in kept.items()}


def digest_of(
    declaration: Declaration,
    action_class: ActionClass,
    kept: Mapping[str, Any],
    demands: Iterable[Demand],
    more: Mapping[str, str],
) -> str:
    """Return the SHA-256 (hex) to which approvals bind: any change of what it covers voids them.

    It is over the action, its arguments, demands, undo and residual; `more` holds whatever else was shown
    before approval, such as when it takes itself back.
    """
    undo, residual = declaration.undo, declaration.residual
    bound = {
        "action": declaration.name,
        "class": action_class.value,
        "arguments": {name: _fingerprinted(value) for name, value in kept.items()},
        "demands": sorted([each.collector, each.of] for each in demands),
        "undo": [undo.does, *undo.keeps] if undo else declaration.no_undo,
        "residual": [residual.remains, text_of(residual.lasts), residual.closed_by],
        **more,
    }
    canonical = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def arguments_digest(kept: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of the arguments alone, as it stands in the log."""
    plain = {name: _fingerprinted(value) for name, value in kept.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_duration(text: str) -> timedelta:
    """Return a length of time such as `30m` or `1h30m`. Raises ValueError."""
    matched = _DURATION.fullmatch(text)
    if not text or matched is None:
        raise ValueError("not a length of time")
    return timedelta(**{unit: int(count) for unit, count in matched.groupdict().items() if count})


def _names(declaration: Declaration) -> frozenset[str]:
    return frozenset(each.name for each in declaration.parameters)


def _is_sealed(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {SEALED, FINGERPRINT}


def _fingerprinted(value: Any) -> Any:
    return {FINGERPRINT: value[FINGERPRINT]} if _is_sealed(value) else value


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return text_of(value)
    return list(value) if isinstance(value, tuple) else value


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    text = str(value)
    if len(text) > LONGEST_TEXT or any(ord(c) < 32 and c not in "\n\t" for c in text):
        raise ValueError
    return text


def _texts(value: Any) -> tuple[str, ...]:
    members = (value,) if isinstance(value, str) else tuple(_listed(value))
    return tuple(dict.fromkeys(_text(each) for each in members))


def _listed(value: Any) -> Iterable[Any]:
    if not isinstance(value, list | tuple) or not 0 < len(value) <= MOST_MEMBERS:
        raise ValueError
    return value


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return int(number) if number == int(number) else number


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in _FLAGS:
        raise ValueError
    return _FLAGS[value]


def _duration(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else read_duration(str(value))


def _networks(value: Any) -> tuple[str, ...]:
    # One network is the same however it is written, so that a repeat is known as one.
    return tuple(dict.fromkeys(str(ip_network(each.strip(), strict=False)) for each in _texts(value)))


def _map(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError
    text = json.dumps(value, allow_nan=False)
    if len(text) > LONGEST_TEXT or SEALED in value:
        raise ValueError
    read: Mapping[str, Any] = json.loads(text)
    return read


_READERS: Mapping[ParameterKind, Callable[[Any], Any]] = {
    ParameterKind.TEXT: _text,
    ParameterKind.TEXTS: _texts,
    ParameterKind.NUMBER: _number,
    ParameterKind.FLAG: _flag,
    ParameterKind.DURATION: _duration,
    ParameterKind.NETWORKS: _networks,
    ParameterKind.MAP: _map,
}
_WORDS: Mapping[ParameterKind, str] = {
    ParameterKind.TEXT: "text without control characters",
    ParameterKind.TEXTS: "list of texts",
    ParameterKind.NUMBER: "number",
    ParameterKind.FLAG: "`true` or `false`",
    ParameterKind.DURATION: "length of time such as `1h30m`",
    ParameterKind.NETWORKS: "list of IP addresses or CIDR blocks",
    ParameterKind.MAP: "map of JSON values",
}
