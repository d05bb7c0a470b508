"""Lets requests that arrive at the same time share one commit; none waits for others that are not there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tocsin.domain.errors import Overloaded

T = TypeVar("T")
R = TypeVar("R")

MOST_TOGETHER = 32


def _one_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="tocsin-together")


@dataclass(slots=True)
class Together(Generic[T, R]):
    """Does requests in one thread: all that came while it was busy are done in one call of `run`.

    When such a call fails, each of its requests is done alone, so that one that cannot be done spoils no
    other. An overload is everybody's, also of those who came meanwhile: nobody waits for two of them.
    """

    run: Callable[[Sequence[T]], Sequence[R]]
    _line: list[tuple[T, Future[R]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _coming: ThreadPoolExecutor = field(default_factory=_one_thread)
    _working: ThreadPoolExecutor = field(default_factory=_one_thread)

    def ask(self, asked: T) -> R:
        """Return what came of the request. Raises what `run` raises for it."""
        answer: Future[R] = Future()
        with self._lock:
            self._line.append((asked, answer))
        self._coming.submit(self._serve)
        return answer.result()

    def _serve(self) -> None:
        with self._lock:
            taken, self._line[:] = self._line[:MOST_TOGETHER], self._line[MOST_TOGETHER:]
        if taken:
            self._answer(taken)

    def _answer(self, taken: Sequence[tuple[T, Future[R]]]) -> None:
        done = self._working.submit(self.run, [asked for asked, _ in taken])
        fault = done.exception()
        if fault is None:
            for (_, answer), found in zip(taken, done.result(), strict=True):
                answer.set_result(found)
        elif isinstance(fault, Overloaded):
            with self._lock:
                everybody = [*taken, *self._line]
                self._line.clear()
            for _, answer in everybody:
                answer.set_exception(fault)
        elif len(taken) == 1:
            taken[0][1].set_exception(fault)
        else:
            for one in taken:
                self._answer([one])
