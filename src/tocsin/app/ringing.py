"""A store that rings the bell after each committed write, so that loops wake at once instead of polling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tocsin.domain.ports.shelves import Shelves, Store


@dataclass(frozen=True, slots=True)
class RingingStore:
    """Wraps a store; behaves like it and calls `ring` once a transaction is durable."""

    inner: Store
    ring: Callable[[], None]

    @contextmanager
    def transaction(self) -> Iterator[Shelves]:
        """Open a writing transaction of the inner store."""
        with self.inner.transaction() as shelves:
            yield shelves
        self.ring()

    def reading(self) -> AbstractContextManager[Shelves]:
        """Open a reading of the inner store."""
        return self.inner.reading()
