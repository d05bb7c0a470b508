"""The pack files behind actions, as they were when this process first read them: all of it agrees on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.app.packs import PackFile, Packs


@dataclass(slots=True)
class PacksAtStart:
    """Keeps each file as first read: a change counts after the next start, for every part of the process."""

    packs: Packs
    _every: dict[str, tuple[PackFile, ...]] = field(default_factory=dict)
    _one: dict[str, PackFile] = field(default_factory=dict)

    def every(self, name: str) -> tuple[PackFile, ...]:
        """Return the files of this name of all packs in force. Raises `Misconfigured`."""
        if name not in self._every:
            self._every[name] = self.packs.every(name)
        return self._every[name]

    def file(self, name: str) -> PackFile:
        """Return the file of this name that is in force. Raises `Misconfigured` when no pack has it."""
        if name not in self._one:
            self._one[name] = self.packs.file(name)
        return self._one[name]
