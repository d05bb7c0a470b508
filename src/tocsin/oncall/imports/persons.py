"""Give the people of an export usernames and contacts of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from tocsin.domain.person import Contact, Person
from tocsin.oncall.imports.carried import CarriedPerson, RuleSteps
from tocsin.oncall.people import INBOX, RESERVED

_FORBIDDEN = re.compile(r"[^a-z0-9._-]+")


def username(wanted: str, taken: Collection[str]) -> str:
    """Return a username like a name or an address, which nobody else has."""
    plain = unicodedata.normalize("NFKD", wanted.split("@")[0]).encode("ascii", "ignore").decode().lower()
    stem = _FORBIDDEN.sub("-", plain).strip("-._")[:56] or "person"
    found, number = stem, 1
    while found in taken or found in RESERVED:
        number += 1
        found = f"{stem}-{number}"
    return found


def carried_person(
    key: str, names: tuple[str, str], contacts: Iterable[Contact], rules: Mapping[str, RuleSteps]
) -> CarriedPerson:
    """Return a person by username and name; who has no contact gets the Inbox.

    Rules keep only the channels that the person has; sets that are left empty are left out.
    """
    own = tuple(dict.fromkeys(contacts)) or (Contact(channel=INBOX, address=names[0]),)
    channels = {contact.channel for contact in own}
    kept = {name: _possible(steps, channels) for name, steps in rules.items()}
    return CarriedPerson(
        key=key,
        person=Person(username=names[0], name=names[1] or names[0], contacts=own),
        rules={name: steps for name, steps in kept.items() if steps},
    )


def _possible(steps: RuleSteps, channels: Collection[str]) -> RuleSteps:
    """Return the steps with possible channels, those at the same time made one, in the order of time."""
    found: dict[timedelta, tuple[str, ...]] = {}
    for after, by in sorted(steps, key=lambda step: step[0]):
        usable = tuple(channel for channel in by if channel in channels)
        if usable:
            found[after] = tuple(dict.fromkeys((*found.get(after, ()), *usable)))
    return tuple((after, by) for after, by in found.items())
