"""Why an expression is not understood, or gave no answer."""

from __future__ import annotations

from tocsin.domain.errors import Explained


class ExpressionRefused(Explained):
    """An expression is not PromQL, or lies outside the subset. `offset` counts characters from 0."""

    code = "promql_refused"

    def __init__(self, offset: int, reason: str, next_step: str = "Correct the expression here.") -> None:
        super().__init__(reason, means="The expression is not evaluated.", next_step=next_step)
        self.offset = offset


class EvaluationFailed(Explained):
    """An expression has no answer for the samples it met; Prometheus fails at the same place."""

    code = "promql_evaluation_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            reason,
            means="The rule has no result at this time; it is tried again at the next evaluation.",
            next_step="Correct the expression, or the labels of the series it selects.",
        )
