"""Map every source's own word for how bad something is to our one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.domain.pack_file import Located, parse
from tocsin.domain.severity import Severity

NONE = "none"
_SCALE = (*(severity.value for severity in Severity), NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words of one source in lower case, and its bands of numbers (at least, severity), highest first."""

    words: Mapping[str, Severity | None]
    bands: tuple[tuple[float, Severity | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityWords:
    """The vocabulary all sources share, and those of single sources, by name, which go before it."""

    path: str
    common: Vocabulary
    sources: Mapping[str, Vocabulary]


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """What a source's word means: None is informational; `known` is False for a word nobody listed."""

    severity: Severity | None
    known: bool
    section: str


def parse_severities(text: str, path: str) -> SeverityWords:
    """Read `severities.yml`. Raises `PackProblem`."""
    root = parse(text, path).mapping(("common", "sources"), required=("common",))
    sources = root["sources"].entries() if "sources" in root else ()
    return SeverityWords(
        path=path,
        common=_vocabulary(root["common"]),
        sources={name.text.lower(): _vocabulary(section) for name, section in sources},
    )


def read_severity(written: Located) -> Severity | None:
    """Read one of P1, P2, P3, P4 and `none` (None: recorded, but no incident). Raises `PackProblem`."""
    choice = written.choice(_SCALE)
    return None if choice == NONE else Severity(choice)


def translate(words: SeverityWords, source: str, word: str) -> Translated:
    """Translate a source's word; of a source named `kind:name` the section `kind` applies."""
    kind = source.partition(":")[0].lower()
    for section, vocabulary in ((kind, words.sources.get(kind)), ("common", words.common)):
        found = vocabulary and _found(vocabulary, word.strip().lower())
        if found:
            return Translated(severity=found[0], known=True, section=section)
    return Translated(severity=None, known=False, section="")


def _found(vocabulary: Vocabulary, word: str) -> tuple[Severity | None] | None:
    if word in vocabulary.words:
        return (vocabulary.words[word],)
    try:
        number = float(word)
    except ValueError:
        return None
    return next(((severity,) for at_least, severity in vocabulary.bands if number >= at_least), None)


def _vocabulary(section: Located) -> Vocabulary:
    keys = section.mapping(("words", "bands"))
    words: dict[str, Severity | None] = {}
    for word, severity in keys["words"].entries() if "words" in keys else ():
        if word.text.lower() in words:
            raise word.problem(f"the word `{word.text}` is listed twice.", "Keep one; case does not matter.")
        words[word.text.lower()] = read_severity(severity)
    return Vocabulary(words=words, bands=_bands(keys["bands"]) if "bands" in keys else ())


def _bands(section: Located) -> tuple[tuple[float, Severity | None], ...]:
    bands: list[tuple[float, Severity | None]] = []
    for member in section.sequence():
        band = member.mapping(("at_least", "severity"), required=("at_least", "severity"))
        at_least = band["at_least"].number()
        if bands and at_least >= bands[-1][0]:
            raise member.problem("the bands do not fall from high to low.", "List the highest band first.")
        bands.append((at_least, read_severity(band["severity"])))
    return tuple(bands)
