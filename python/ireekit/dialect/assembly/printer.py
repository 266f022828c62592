"""From text as the native printer writes it to text with custom assembly."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ireekit.dialect.assembly.format import OpFormat
from ireekit.dialect.assembly.generic_reader import read_generic
from ireekit.dialect.assembly.inference import TypeSolver
from ireekit.dialect.assembly.instance import Instance, UnprintableError
from ireekit.dialect.assembly.templates import Templates, one_line_operation

_MAX_DEPTH = 64
_LINE_START = re.compile(r'([ ]*)(?:%[^\n"=]+ = )?')
_BRACES = r'"(?:[^"\\\n]|\\.)*+"|[{}]'


class OpPrinter:
    """Rewrites every operation with a format to its custom form, in one pass over a printed text.

    Args:
      formats: by the operation's full name.
    """

    def __init__(self, formats: Mapping[str, OpFormat], solver: TypeSolver) -> None:
        self._formats = formats
        self._solver = solver
        dialects = "|".join(sorted({re.escape(name.partition(".")[0]) for name in formats}))
        head = rf'"((?:{dialects})\.[\w$.]+)"\('
        self._outside = re.compile(head)
        self._inside = re.compile(f"{head}|{_BRACES}")
        self._depth = 0
        self._templates = Templates(self._rewrite_line)

    def rewrite(self, text: str) -> str:
        """``text`` in custom assembly; what does not fit its format stays in the generic form."""
        return self._scan(text, 0, in_region=False)[0]

    def _scan(self, text: str, start: int, *, in_region: bool) -> tuple[str, int]:
        """Rewrite from ``start`` to the end, or, in a region, to its ``}``."""
        search = (self._inside if in_region else self._outside).search
        pieces: list[str] = []
        done = position = start
        depth = 1
        while (match := search(text, position)) is not None:
            position = match.end()
            name = match[1]
            if name is None:
                depth += {"{": 1, "}": -1}.get(match[0], 0)
                if depth == 0:
                    pieces.append(text[done:position])
                    return "".join(pieces), position
                continue
            printed = self._operation(text, match.start(), position, name)
            if printed is None:
                continue
            new, end = printed
            pieces += (text[done : match.start()], new)
            done = position = end
        pieces.append(text[done:])
        return "".join(pieces), len(text)

    def _operation(self, text: str, start: int, position: int, name: str) -> tuple[str, int] | None:
        """The custom form of the operation whose name is at ``start``, and where it ends; ``None``: it stays."""
        form = self._formats.get(name)
        indent = _LINE_START.fullmatch(text, text.rfind("\n", 0, start) + 1, start)
        if form is None or indent is None:
            return None
        line = None if form.model.regions or form.breaks_lines else one_line_operation(text, position)
        known = None if line is None else self._templates.apply(name, line[0])
        if line is not None and known is not None:
            return known, line[1]
        try:
            instance, end = self._read(form, text, position)
            return name + form.print(instance, self._solver, indent=indent[1]), end
        except UnprintableError:
            return None

    def _read(self, form: OpFormat, text: str, position: int) -> tuple[Instance, int]:
        return read_generic(form.model, text, position, form.defaults(self._solver.context), self._region)

    def _rewrite_line(self, name: str, body: str) -> str | None:
        form = self._formats[name]
        try:
            instance, end = self._read(form, body, 0)
            return name + form.print(instance, self._solver) if end == len(body) else None
        except UnprintableError:
            return None

    def _region(self, text: str, brace: int) -> tuple[str, int]:
        if self._depth >= _MAX_DEPTH:
            raise UnprintableError
        self._depth += 1
        try:
            body, end = self._scan(text, brace + 1, in_region=True)
        finally:
            self._depth -= 1
        return "{" + body, end
