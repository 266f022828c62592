"""Elements that are there or not: optional groups and the clauses of ``oilist``."""

from __future__ import annotations

from dataclasses import dataclass

from ireekit.dialect.assembly.elements import Element
from ireekit.dialect.assembly.faults import Fault
from ireekit.dialect.assembly.instance import Instance
from ireekit.dialect.assembly.lexer import Cursor
from ireekit.dialect.assembly.writer import Writer


@dataclass(frozen=True, slots=True)
class GroupElement(Element):
    """``( ... $anchor^ ... )?`` and its ``: ( ... )?``."""

    then: tuple[Element, ...]
    otherwise: tuple[Element, ...]
    anchor: Element
    first: Element

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        for element in self.then if self.first.starts(cursor) else self.otherwise:
            element.parse(cursor, instance)

    def print(self, writer: Writer, instance: Instance) -> None:
        for element in self.then if self.anchor.present(instance) else self.otherwise:
            element.print(writer, instance)

    def starts(self, cursor: Cursor) -> bool:
        return self.first.starts(cursor)

    def present(self, instance: Instance) -> bool:
        return self.anchor.present(instance)


@dataclass(frozen=True, slots=True)
class ClauseElement:
    """One clause of an ``oilist``."""

    keyword: str
    elements: tuple[Element, ...]
    anchors: tuple[Element, ...]

    def present(self, instance: Instance) -> bool:
        return any(anchor.present(instance) for anchor in self.anchors)


@dataclass(frozen=True, slots=True)
class ClausesElement(Element):
    """``oilist(...)``: clauses in any order, each at most once."""

    clauses: tuple[ClauseElement, ...]

    def parse(self, cursor: Cursor, instance: Instance) -> None:
        open_clauses = list(self.clauses)
        while True:
            before, position = cursor.position, cursor.ahead()
            word = cursor.keyword()
            clause = next((row for row in self.clauses if row.keyword == word), None)
            if clause is None:
                cursor.position = before
                return
            if clause not in open_clauses:
                raise Fault(position, f"clause '{word}' is given twice")
            open_clauses.remove(clause)
            for element in clause.elements:
                element.parse(cursor, instance)

    def print(self, writer: Writer, instance: Instance) -> None:
        for clause in self.clauses:
            if clause.present(instance):
                writer.literal(clause.keyword)
                for element in clause.elements:
                    element.print(writer, instance)

    def starts(self, cursor: Cursor) -> bool:
        return any(cursor.peek(clause.keyword) for clause in self.clauses)

    def present(self, instance: Instance) -> bool:
        return any(clause.present(instance) for clause in self.clauses)
