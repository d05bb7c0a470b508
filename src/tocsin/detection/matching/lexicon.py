"""The predicates of all rules as numbers, sorted by the field they ask about."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.detection.matching.formulas import Formula, Formulas
from tocsin.detection.matching.glimpses import needle
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

# The pseudo field of keywords asked of every record of a product, which a glimpse at raw lines can rule out.
KEYWORDS = 1


class Lexicon:
    """Numbers for predicates and fields; questions about the whole record are kept with their verdicts."""

    def __init__(self) -> None:
        self.names: list[str] = ["", ""]
        # The field of each predicate's number.
        self.field_of: list[int] = []
        self.formulas = Formulas(self.field_of)
        # The predicates about each field, with their numbers.
        self.asked: list[list[tuple[int, Predicate]]] = [[], []]
        # The verdicts of questions about the whole record, by number.
        self.verdicts: dict[int, Verdict] = {}
        # What stands in every raw line that makes a keyword true, by number; not every keyword has it.
        self.needles: dict[int, bytes] = {}
        self._fields: dict[str, int] = {}
        self._numbers: dict[Tree, int] = {}
        self._interned = Interned()

    def field(self, name: str) -> int | None:
        """Return the number of a field, or None if no rule asks about it."""
        return self._fields.get(name)

    def formula(self, tree: Tree, *, wide: bool = False) -> Formula:
        """Return a rule's tree as a formula; equal predicates get the same number.

        `wide` says that the rule is for all records of a product. Such rules come first, so that what they
        ask has its own pseudo field.
        """
        match tree:
            case All():
                return self.formulas.every(*self._parts(tree.branches, wide=wide))
            case Any_():
                return self.formulas.some(*self._parts(tree.branches, wide=wide))
            case Not():
                return self.formulas.non(self.formula(tree.branch, wide=wide))
            case _:
                return self.formulas.literal(self._number(tree, wide=wide))

    def _parts(self, branches: Sequence[Tree], *, wide: bool) -> tuple[list[int], list[Formula]]:
        """Return the numbers of predicates among branches, and the formulas of the other branches."""
        numbers, formulas = [], []
        for branch in branches:
            if isinstance(branch, All | Any_ | Not):
                formulas.append(self.formula(branch, wide=wide))
            else:
                numbers.append(self._number(branch, wide=wide))
        return numbers, formulas

    def _number(self, tree: Tree, *, wide: bool) -> int:
        known = self._numbers.get(tree)
        if known is None:
            known = self._numbers[tree] = len(self.field_of)
            self.field_of.append(self._entered(known, tree, wide=wide))
        return known

    def _entered(self, number: int, tree: Tree, *, wide: bool) -> int:
        """Note what a new number stands for and return its field."""
        if isinstance(tree, Predicate) and tree.field is not None and tree.op in OF_A_VALUE:
            field = self._field(tree.field)
            self.asked[field].append((number, tree))
            return field
        self.verdicts[number] = self._interned.compile(tree)
        found = needle(tree) if isinstance(tree, Predicate) and tree.field is None else None
        if found is None:
            return WHOLE_RECORD
        self.needles[number] = found
        return KEYWORDS if wide else WHOLE_RECORD

    def _field(self, name: str) -> int:
        known = self._fields.get(name)
        if known is None:
            known = self._fields[name] = len(self.names)
            self.names.append(name)
            self.asked.append([])
        return known
