"""The runbooks there are, and those that a run is pinned to, made whole for this installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tocsin.domain.bindings import ALWAYS, Bindings, names_meant
from tocsin.domain.errors import NotFound
from tocsin.domain.run import Run
from tocsin.domain.runbook import Called, Runbook
from tocsin.runbooks.reading import read, steps_of


def _as_written(book: Runbook) -> Runbook:
    return book


def _nothing() -> Mapping[str, Runbook]:
    return {}


@dataclass(frozen=True, slots=True)
class Library:
    """`books` are the runbooks as their files say now; `bind` gives their actions whole names.

    `containments` are the whole names of actions that change the world.
    """

    books: Callable[[], Mapping[str, Runbook]] = _nothing
    bind: Callable[[Runbook], Runbook] = _as_written
    containments: frozenset[str] = frozenset()
    bindings: Bindings = field(default_factory=lambda: ALWAYS)

    def get(self, runbook_id: str) -> Runbook:
        """Return a runbook as its file says now. Raises `NotFound`."""
        found = self.books().get(runbook_id)
        if found is None:
            raise NotFound(
                f"There is no runbook {runbook_id[:80]!r}.",
                means="Nothing was begun.",
                next_step="Look at `tocsin runbook list` for the runbooks there are.",
            )
        return found

    def called_by(self, book: Runbook) -> Mapping[str, str]:
        """Return the text of every runbook that one calls, directly or not, by id. Raises `NotFound`."""
        found: dict[str, str] = {}
        waiting = [book]
        while waiting:
            for node in steps_of(waiting.pop().nodes):
                if isinstance(node, Called) and node.runbook not in found:
                    called = self.get(node.runbook)
                    found[node.runbook] = called.text
                    waiting.append(called)
        return found

    def pinned(self, run: Run) -> tuple[Runbook, Mapping[str, Runbook]]:
        """Return the runbook of a run and those that it calls, as they were when it began.

        Raises `RunbookWrong` for a text that this version cannot read any more.
        """
        called = {name: self._whole(name, text) for name, text in run.called.items()}
        return self._whole(run.runbook_id, run.text), called

    def whole(self, book: Runbook) -> Runbook:
        """Return a runbook with whole names of actions; what is forbidden is so under every name it has."""
        forbid = (name for each in book.forbid for name in names_meant(each, self.bindings))
        return replace(self.bind(book), forbid=tuple(dict.fromkeys(forbid)))

    def _whole(self, name: str, text: str) -> Runbook:
        return self.whole(read(text, f"{name}.yml"))
