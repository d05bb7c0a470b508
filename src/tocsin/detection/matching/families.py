"""Predicates about one field, sorted into families that are answered together for a new value."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from tocsin.detection.matching.scanners import Pattern, PatternCache, Scanner
from tocsin.detection.sigma.predicates import Op, Predicate, Test, number_in, test_of
from tocsin.detection.sigma.readings import Reading, canonical_number

Asked = Sequence[tuple[int, Predicate]]
MakeScanner = Callable[[Sequence[Pattern], PatternCache | None], Scanner]


class Family(Protocol):
    """Answers some predicates for a value that is not null."""

    def true(self, reading: Reading) -> Iterable[int]:
        """Return the numbers of the predicates that hold."""
        ...


class Words:
    """Whole values by look-up (T9, T10)."""

    OPS = frozenset({Op.EQUALS, Op.NUMBER})

    def __init__(self, asked: Asked) -> None:
        self._folded: dict[str, list[int]] = {}
        self._cased: dict[str, list[int]] = {}
        # Numbers by value; those that the rule writes as text hold for JSON numbers only.
        self._numbers: dict[float, list[int]] = {}
        self._written: dict[float, list[int]] = {}
        for number, predicate in asked:
            if predicate.op is Op.NUMBER:
                self._numbers.setdefault(number_in(predicate), []).append(number)
                continue
            word = str(predicate.value)
            (self._cased if predicate.cased else self._folded).setdefault(word, []).append(number)
            written = None if predicate.cased else canonical_number(word)
            if written is not None:
                self._written.setdefault(written, []).append(number)

    def true(self, reading: Reading) -> set[int]:
        """Return the numbers of the predicates that hold."""
        found = {*self._folded.get(reading.folded, ()), *self._cased.get(reading.text, ())}
        if reading.number is not None:
            found.update(self._numbers.get(reading.number, ()))
            if reading.is_number:
                found.update(self._written.get(reading.number, ()))
        return found


class Patterns:
    """Parts of a value: words anywhere or at an end, wildcards, regular expressions."""

    OPS = frozenset({Op.CONTAINS, Op.STARTSWITH, Op.ENDSWITH, Op.LIKE, Op.REGEX})

    def __init__(self, asked: Asked, make: MakeScanner, cache: PatternCache | None) -> None:
        self._folded = _Side([each for each in asked if not _heeds_capitals(each[1])], make, cache)
        self._cased = _Side([each for each in asked if _heeds_capitals(each[1])], make, cache)

    def true(self, reading: Reading) -> list[int]:
        """Return the numbers of the predicates that hold."""
        return self._folded.true(reading.folded) + self._cased.true(reading.text)


class _Side:
    """Patterns asked of the folded text, or those asked of the text as it is."""

    def __init__(self, asked: Asked, make: MakeScanner, cache: PatternCache | None) -> None:
        self._numbers = [number for number, _ in asked]
        patterns = [Pattern(predicate.op, str(predicate.value)) for _, predicate in asked]
        self._scanner = make(patterns, cache) if patterns else None

    def true(self, text: str) -> list[int]:
        if self._scanner is None:
            return []
        numbers = self._numbers
        return [numbers[place] for place in self._scanner.scan(text)]


def _heeds_capitals(predicate: Predicate) -> bool:
    return predicate.cased or predicate.op is Op.REGEX


class Networks:
    """Addresses by look-up of their prefixes, one look-up a length of prefix in use."""

    OPS = frozenset({Op.CIDR})

    def __init__(self, asked: Asked) -> None:
        self._prefixes: dict[tuple[int, int], dict[int, list[int]]] = {}
        for number, predicate in asked:
            network = ipaddress.ip_network(str(predicate.value))
            size = (network.version, network.max_prefixlen - network.prefixlen)
            prefix = int(network.network_address) >> size[1]
            self._prefixes.setdefault(size, {}).setdefault(prefix, []).append(number)

    def true(self, reading: Reading) -> list[int]:
        """Return the numbers of the networks that a text is an address of."""
        try:
            address = ipaddress.ip_address(reading.text)
        except ValueError:
            return []
        whole = int(address)
        return [
            number
            for (version, host_bits), prefixes in self._prefixes.items()
            if version == address.version
            for number in prefixes.get(whole >> host_bits, ())
        ]


class OneByOne:
    """What is rare enough to be asked one by one: bounds and parts of dates."""

    def __init__(self, asked: Asked) -> None:
        self._tests: list[tuple[int, Test]] = [(number, test_of(predicate)) for number, predicate in asked]

    def true(self, reading: Reading) -> list[int]:
        """Return the numbers of the predicates that hold."""
        return [number for number, test in self._tests if test(reading)]


def families(asked: Asked, make: MakeScanner, cache: PatternCache | None) -> tuple[Family, ...]:
    """Sort predicates about values into families; those about presence and null are not among them."""

    def of(ops: frozenset[Op]) -> Asked:
        return [each for each in asked if each[1].op in ops]

    rest = frozenset(Op) - Words.OPS - Patterns.OPS - Networks.OPS - {Op.NULL, Op.EXISTS}
    found: list[Family] = []
    if words := of(Words.OPS):
        found.append(Words(words))
    if patterns := of(Patterns.OPS):
        found.append(Patterns(patterns, make, cache))
    if networks := of(Networks.OPS):
        found.append(Networks(networks))
    if others := of(rest):
        found.append(OneByOne(others))
    return tuple(found)
