"""The predicates of all rules as numbers, sorted by the field they ask about."""

from __future__ import annotations

from tocsin.detection.matching.formulas import Formula, Formulas
from tocsin.detection.sigma.predicates import Op, Predicate
from tocsin.detection.sigma.tree import All, Any_, Interned, Not, Tree, Verdict

# What one value of one field answers, whatever else the record holds and whenever it is asked.
OF_A_VALUE = frozenset(
    {
        Op.EQUALS,
        Op.NUMBER,
        Op.CONTAINS,
        Op.STARTSWITH,
        Op.ENDSWITH,
        Op.LIKE,
        Op.REGEX,
        Op.CIDR,
        Op.LT,
        Op.LTE,
        Op.GT,
        Op.GTE,
        Op.TIME,
        Op.NULL,
        Op.EXISTS,
    }
)

# The pseudo field of questions that need the whole record: keywords, comparisons of fields, lookups by time.
WHOLE_RECORD = 0


class Lexicon:
    """Numbers for predicates and fields; questions about the whole record are kept with their verdicts."""

    def __init__(self) -> None:
        self.names: list[str] = [""]
        # The field of each predicate's number.
        self.field_of: list[int] = []
        self.formulas = Formulas(self.field_of)
        # The predicates about each field, with their numbers.
        self.asked: list[list[tuple[int, Predicate]]] = [[]]
        # The verdicts of questions about the whole record, by number.
        self.verdicts: dict[int, Verdict] = {}
        self._fields: dict[str, int] = {}
        self._numbers: dict[Tree, int] = {}
        self._interned = Interned()

    def field(self, name: str) -> int | None:
        """Return the number of a field, or None if no rule asks about it."""
        return self._fields.get(name)

    def formula(self, tree: Tree) -> Formula:
        """Return a rule's tree as a formula; equal predicates get the same number."""
        match tree:
            case All():
                return self.formulas.every((), [self.formula(branch) for branch in tree.branches])
            case Any_():
                return self.formulas.some((), [self.formula(branch) for branch in tree.branches])
            case Not():
                return self.formulas.non(self.formula(tree.branch))
            case _:
                return self.formulas.literal(self._number(tree))

    def _number(self, tree: Tree) -> int:
        known = self._numbers.get(tree)
        if known is None:
            known = self._numbers[tree] = len(self.field_of)
            if isinstance(tree, Predicate) and tree.field is not None and tree.op in OF_A_VALUE:
                field = self._field(tree.field)
                self.asked[field].append((known, tree))
            else:
                field = WHOLE_RECORD
                self.verdicts[known] = self._interned.compile(tree)
            self.field_of.append(field)
        return known

    def _field(self, name: str) -> int:
        known = self._fields.get(name)
        if known is None:
            known = self._fields[name] = len(self.names)
            self.names.append(name)
            self.asked.append([])
        return known
