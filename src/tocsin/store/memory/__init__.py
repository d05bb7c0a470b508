"""The store without a database: the same promises kept in dictionaries, for flows and tests."""

from tocsin.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
