"""Whom to believe: the keys of logs and witnesses, and how many witnesses must have seen a head.

Format: https://c2sp.org/tlog-policy. Names are opaque octets; they are kept as UTF-8 with escapes, which maps
each sequence of octets to one text of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from tocsin.audit.checkpoint import Head, claimed
from tocsin.audit.cosignature import CosignerKey, cosigned_at_s, cosigner_key
from tocsin.audit.note import (
    ED25519,
    KeyRefused,
    NoteKey,
    NoteRefused,
    NoteSignature,
    VerifierKey,
    parse_vkey,
    read_vkey,
    verify_note,
)
from tocsin.domain.errors import Explained

NONE = "none"
MAX_POLICY_BYTES = 1 << 20
# The format recommends room for 32 of each; a policy of more than these is a mistake or an attack.
MOST_OF_EACH = 256

LogKey = VerifierKey | CosignerKey

_BLANKS = re.compile("[ \t]+")
_FORBIDDEN = re.compile(rb"[^\t\n\x20-\x7e\x80-\xff]")
_COUNT = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class PolicyRefused(Explained):
    """A policy file breaks a rule of its format."""

    code = "policy_refused"

    def __init__(self, line: int, happened: str) -> None:
        super().__init__(
            f"Line {line} of the policy: {happened}" if line else happened,
            means="Which logs and witnesses to trust is not known, so nothing is checked by this policy.",
            next_step="Mend the file; its lines are log, witness, group and one quorum (docs/log.md).",
        )
        self.line = line


class QuorumMissing(Explained):
    """A checkpoint is the log's, but too few witnesses have cosigned it."""

    code = "quorum_missing"

    def __init__(self, head: Head, cosigners: Collection[str]) -> None:
        super().__init__(
            f"The head of {head.origin} at size {head.size} bears the cosignatures of "
            f"{', '.join(sorted(cosigners)) or 'nobody'}, which is no quorum of the policy.",
            means="It may be a head that was shown to nobody else: a split view cannot be excluded.",
            next_step="Ask for a proof under a cosigned head; `tocsin audit proof` writes one.",
        )


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log that is believed; its key's name is its origin."""

    key: LogKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness under the policy's own name for it; `url` is its submission prefix, or empty."""

    name: str
    key: CosignerKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group has witnessed a head when at least `needed` of its members have."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses, groups, and the name of the witness or group that must have cosigned."""

    logs: tuple[LogLine, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def with_log(self, *keys: LogKey) -> Policy:
        """Return the policy with these log keys too, for whoever knows the log from elsewhere."""
        known = {line.key.key_id for line in self.logs}
        more = tuple(LogLine(key) for key in keys if key.key_id not in known)
        return Policy((*self.logs, *more), self.witnesses, self.groups, self.quorum)

    def keys_of(self, origin: str) -> tuple[LogKey, ...]:
        """Return every key of the log of this name."""
        return tuple(line.key for line in self.logs if line.key.name == origin)

    def is_met_by(self, cosigners: Collection[str]) -> bool:
        """Say whether these witnesses (the policy's names for them) are a quorum."""
        witnessed = set(cosigners)
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.needed:
                witnessed.add(group.name)
        return self.quorum == NONE or self.quorum in witnessed


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A verified head, and when (POSIX seconds, by its own clock) each witness of the policy cosigned it."""

    head: Head
    times_s: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    is_quorate: bool = False


def cosigned(note: str, policy: Policy) -> Cosigned:
    """Verify a checkpoint's note by the policy's keys and return who cosigned it, quorum or not.

    Raises `NoteRefused` when no log of the policy signed it or a line of a known key is wrong,
    `CheckpointRefused` when it is no checkpoint.
    """
    head = claimed(note)
    keys = policy.keys_of(head.origin)
    by_id = {(each.key.name, each.key.key_id): each.name for each in policy.witnesses}
    known: list[NoteKey] = [*keys, *(each.key for each in policy.witnesses)]
    lines = verify_note(note, known).signatures
    of_log = {(key.name, key.key_id) for key in keys}
    if not any((line.name, line.key_id) in of_log for line in lines):
        raise NoteRefused("The note bears no signature of a log that the policy names.")
    times_s = _times(lines, by_id)
    return Cosigned(head, times_s, policy.is_met_by(times_s))


def quorate(note: str, policy: Policy) -> Cosigned:
    """Return what `cosigned` does. Raises as it does, and `QuorumMissing` when too few witnesses signed."""
    found = cosigned(note, policy)
    if not found.is_quorate:
        raise QuorumMissing(found.head, found.times_s.keys())
    return found


def parse_policy(content: bytes) -> Policy:
    """Read a policy file. Raises `PolicyRefused` with the first line that breaks a rule (0: the whole)."""
    if len(content) > MAX_POLICY_BYTES:
        raise PolicyRefused(0, f"The policy is longer than {MAX_POLICY_BYTES} bytes.")
    reading = _Reading()
    for number, line in enumerate(content.split(b"\n"), start=1):
        if _FORBIDDEN.search(line):
            raise PolicyRefused(number, "It holds a control character.")
        words = _BLANKS.split(line.decode("utf-8", "surrogateescape").strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            try:
                reading.take(words)
            except (_Fault, KeyRefused) as fault:
                raise PolicyRefused(number, str(fault)) from None
    return reading.policy()


class _Fault(Exception):
    """What is wrong with one line."""


class _Reading:
    """The lines read so far; a line refers to earlier ones only."""

    def __init__(self) -> None:
        self._logs: list[LogLine] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._names: set[str] = set()
        self._members: set[str] = set()
        self._lines: dict[str, Callable[[Sequence[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum_line,
        }

    def take(self, words: Sequence[str]) -> None:
        """Read one line that is neither empty nor a comment. Raises `_Fault` and `KeyRefused`."""
        read = self._lines.get(words[0])
        if read is None:
            raise _Fault("It begins with none of log, witness, group and quorum.")
        read(words[1:])

    def policy(self) -> Policy:
        """Return what was read. Raises `PolicyRefused` when there is no quorum."""
        if self._quorum is None:
            raise PolicyRefused(0, "The policy has no quorum line.")
        return Policy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, words: Sequence[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise _Fault("A log line is `log VKEY [URL]`.")
        algorithm = read_vkey(words[0]).algorithm
        key = parse_vkey(words[0]) if algorithm == ED25519 else _second_key(words[0])
        if any(each.key.public_key == key.public_key for each in self._logs):
            raise _Fault("Its public key stands in an earlier log line.")
        _refuse_too_many(self._logs)
        self._logs.append(LogLine(key, *words[1:]))

    def _witness(self, words: Sequence[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise _Fault("A witness line is `witness NAME VKEY [URL]`.")
        key = cosigner_key(words[1])
        if any(each.key.public_key == key.public_key for each in self._witnesses):
            raise _Fault("Its public key stands in an earlier witness line.")
        _refuse_too_many(self._witnesses)
        self._define(words[0])
        self._witnesses.append(Witness(words[0], key, *words[2:]))

    def _group(self, words: Sequence[str]) -> None:
        if len(words) < 3:
            raise _Fault("A group line is `group NAME all|any|NUMBER MEMBER...`.")
        name, threshold, *members = words
        for member in members:
            if member not in self._names:
                raise _Fault(f"{_shown(member)} is no witness or group of an earlier line.")
            if member in self._members:
                raise _Fault(f"{_shown(member)} is a member already.")
            self._members.add(member)
        _refuse_too_many(self._groups)
        self._define(name)
        self._groups.append(Group(name, _needed(threshold, len(members)), tuple(members)))

    def _quorum_line(self, words: Sequence[str]) -> None:
        if len(words) != 1:
            raise _Fault("A quorum line is `quorum NAME` or `quorum none`.")
        if self._quorum is not None:
            raise _Fault("There is a quorum line already.")
        if words[0] != NONE and words[0] not in self._names:
            raise _Fault(f"{_shown(words[0])} is no witness or group of an earlier line.")
        self._quorum = words[0]

    def _define(self, name: str) -> None:
        if name == NONE:
            raise _Fault("`none` stands for no quorum and cannot be a name.")
        if name in self._names:
            raise _Fault(f"{_shown(name)} names an earlier witness or group.")
        self._names.add(name)


def _second_key(vkey: str) -> CosignerKey:
    key = cosigner_key(vkey)
    if len(key.public_key) == 32:
        raise _Fault("A log's key is of type 1 (Ed25519) or 6 (ML-DSA-44), not a cosigner's of type 4.")
    return key


def _needed(threshold: str, members: int) -> int:
    if threshold in ("all", "any"):
        return members if threshold == "all" else 1
    if not _COUNT.fullmatch(threshold) or int(threshold) > members:
        raise _Fault(f"The threshold is none of all, any and a number from 1 to {members}.")
    return int(threshold)


def _refuse_too_many(lines: Sequence[object]) -> None:
    if len(lines) >= MOST_OF_EACH:
        raise _Fault(f"There are more than {MOST_OF_EACH} lines of this kind.")


def _shown(name: str) -> str:
    return ascii(name[:80])


def _times(lines: Sequence[NoteSignature], names: Mapping[tuple[str, bytes], str]) -> Mapping[str, int]:
    """Return the latest time of each witness by the policy's name; other lines are the log's own."""
    times: dict[str, int] = {}
    for line in lines:
        name = names.get((line.name, line.key_id))
        if name is not None:
            times[name] = max(times.get(name, 0), cosigned_at_s(line.signature))
    return MappingProxyType(times)
