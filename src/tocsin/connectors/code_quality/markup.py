"""Reads XML from strangers: no entities, no document type of its own, nothing fetched, bounded depth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from tocsin.connectors.refusal import UnknownFormat, detail_of

DEEPEST = 64
MOST_ELEMENTS = 500_000
LONGEST_TEXT = 4096
_AS_THE_LAST = (True,)


@dataclass(slots=True)
class Element:
    """One element: its tag, attributes, own text (cut at 4,096 characters) and children."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, tag: str) -> tuple[Element, ...]:
        """Return the children of this tag."""
        return tuple(child for child in self.children if child.tag == tag)

    def first(self, *path: str) -> Element | None:
        """Return the first element down a path of tags, None if there is none."""
        found: Element | None = self
        for tag in path:
            found = next(iter(found.all(tag)), None) if found else None
        return found


def read_markup(body: bytes, keep: frozenset[str] | None = None) -> Element:
    """Return the root element, with those below it whose tags are to be kept (None: all).

    Raises `UnknownFormat` for what is no XML, or none that we take.

    A document type may be named, as Cobertura does, but it may declare nothing and is never fetched: entities
    can grow without bound or read files (https://owasp.org/www-community/vulnerabilities/XML_External_Entity).
    """
    reading = _Reading(keep)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartDoctypeDeclHandler = reading.doctype
    parser.EntityDeclHandler = reading.entity
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.told
    try:
        parser.Parse(body, *_AS_THE_LAST)
    except expat.ExpatError as error:
        raise UnknownFormat(f"The body is no XML: {detail_of(error)}.") from error
    except (ValueError, LookupError, UnicodeError) as error:
        raise UnknownFormat(f"The body is XML in an encoding we do not read: {detail_of(error)}.") from error
    return reading.root


class _Reading:
    """What was read of a document so far."""

    def __init__(self, keep: frozenset[str] | None) -> None:
        self.root = Element("", {})
        self._keep, self._kept = keep, 0
        self._open: list[Element] = []

    def doctype(self, name: str, system: str | None, public: str | None, declares: Any) -> None:
        if declares:
            raise UnknownFormat("The XML declares a document type of its own, which may be an attack.")

    def entity(self, *_: Any) -> None:
        raise UnknownFormat("The XML declares an entity, which may be an attack.")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes)
        if len(self._open) >= DEEPEST:
            raise UnknownFormat(f"The XML nests deeper than {DEEPEST} elements.")
        if not self._open:
            self.root = element
        elif self._keep is None or tag in self._keep:
            self._open[-1].children.append(element)
            self._kept += 1
        if self._kept > MOST_ELEMENTS:
            raise UnknownFormat(f"The XML has more than {MOST_ELEMENTS} elements of the kinds we read.")
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._open.pop()

    def told(self, text: str) -> None:
        element = self._open[-1]
        element.text += text[: max(LONGEST_TEXT - len(element.text), 0)]
