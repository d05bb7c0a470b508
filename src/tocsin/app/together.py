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

    Whoever comes while nothing is done has all that wait done, so that a request alone passes through few
    hands. When such a call fails, each of its requests is done alone, so that one that cannot be done spoils
    no other. An overload is everybody's, also of those who came meanwhile: nobody waits for two of them.
    """

    run: Callable[[Sequence[T]], Sequence[R]]
    _line: list[tuple[T, Future[R]]] = field(default_factory=list)
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _is_busy: bool = False
    _working: ThreadPoolExecutor = field(default_factory=_one_thread)

    def ask(self, asked: T) -> R:
        """Return what came of the request. Raises what `run` raises for it."""
        answer: Future[R] = Future()
        with self._turn:
            self._line.append((asked, answer))
        while not answer.done():
            taken = self._taken(answer)
            if taken:
                self._serve(taken)
        return answer.result()

    def _taken(self, answer: Future[R]) -> Sequence[tuple[T, Future[R]]]:
        """Wait for an answer or for the turn to find all of them; return what is to be done with it."""
        with self._turn:
            self._turn.wait_for(lambda: answer.done() or not self._is_busy)
            if answer.done():
                return ()
            self._is_busy = True
            taken, self._line[:] = self._line[:MOST_TOGETHER], self._line[MOST_TOGETHER:]
            return taken

    def _serve(self, taken: Sequence[tuple[T, Future[R]]]) -> None:
        try:
            self._answer(taken)
        finally:
            with self._turn:
                for _, answer in taken:
                    # Without effect on what is answered; at the end of the process nobody waits for ever.
                    answer.cancel()
                self._is_busy = False
                self._turn.notify_all()

    def _answer(self, taken: Sequence[tuple[T, Future[R]]]) -> None:
        done = self._working.submit(self.run, [asked for asked, _ in taken])
        fault = done.exception()
        if fault is None:
            for (_, answer), found in zip(taken, done.result(), strict=True):
                answer.set_result(found)
        elif isinstance(fault, Overloaded):
            with self._turn:
                everybody = [*taken, *self._line]
                self._line.clear()
            for _, answer in everybody:
                answer.set_exception(fault)
        elif len(taken) == 1:
            taken[0][1].set_exception(fault)
        else:
            for one in taken:
                self._answer([one])
