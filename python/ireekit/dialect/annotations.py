"""Reading a class body: its fields, checked against their annotations."""

from __future__ import annotations

import ast
import difflib
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

from ireekit.dialect.errors import DefinitionError
from ireekit.dialect.fields import Specifier
from ireekit.dialect.model import Arity, AttributeField, ParameterField

_SEQUENCES = frozenset({"Sequence", "list", "tuple", "List", "Tuple", "Iterable", "Collection"})
_OURS = {"Operand": "operand", "Result": "result", "Region": "region", "Successor": "successor"}
_NUMBERS = {"bool": {"bool", "int"}, "int": {"int"}, "float": {"float"}, "str": {"str"}}
_VALUES = frozenset({*_NUMBERS, "Type", "Attribute"})
_SETTINGS = ("traits", "constraints", "assembly_format")
_SPELLING: dict[str, dict[Arity, str]] = {
    kind: {"single": name, "optional": f"{name} | None", "variadic": f"Sequence[{name}]"}
    for name, kind in _OURS.items()
}


class FieldNamespace(dict[str, Any]):
    """The namespace of a class body in which no field may be written twice."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, Specifier) and isinstance(self.get(key), Specifier):
            raise DefinitionError(f"{self._owner}: the field {key!r} is defined twice")
        super().__setitem__(key, value)


def read_specifiers(cls: type, kinds: frozenset[str]) -> dict[str, Specifier]:
    """The specifiers in the body of ``cls``, in order.

    Raises:
      DefinitionError: a specifier without annotation, an annotation without specifier, or the two disagree.
    """
    annotations = _annotations(cls)
    _check_settings(cls)
    found = {name: value for name, value in cls.__dict__.items() if isinstance(value, Specifier)}
    for name, annotation in annotations.items():
        if name not in found and not _is_class_variable(annotation):
            raise DefinitionError(
                f"{cls.__name__}: {name!r} is annotated but says not what kind of field it is",
                remedy=f"write {name}: ... = {'parameter' if 'parameter' in kinds else 'operand'}(...) or the like",
            )
    for name, specifier in found.items():
        if name not in annotations:
            raise DefinitionError(
                f"{cls.__name__}: the field {name!r} has no annotation", remedy=f"write {name}: {_expected(specifier)}"
            )
        if specifier.kind not in kinds:
            raise DefinitionError(f"{cls.__name__}: {name!r}: {specifier.kind}() has no place in this kind of class")
        _check(cls.__name__, name, specifier, annotations[name])
    return found


def _check_settings(cls: type) -> None:
    """Refuse ``trait = (...)`` and the like, which would say nothing."""
    for name, value in vars(cls).items():
        near = difflib.get_close_matches(name, _SETTINGS, n=1, cutoff=0.85)
        if near and name not in _SETTINGS and isinstance(value, (tuple, list, str)):
            raise DefinitionError(f"{cls.__name__}: {name!r} means nothing", remedy=f"did you mean {near[0]!r}?")


def _annotations(cls: type) -> Mapping[str, Any]:
    try:
        return inspect.get_annotations(cls)
    except NameError:
        # From Python 3.14 on they are evaluated here, and may name what only type checkers import.
        import annotationlib  # pyright: ignore[reportMissingImports]

        return annotationlib.get_annotations(cls, format=annotationlib.Format.STRING)


def _check(owner: str, name: str, specifier: Specifier, annotation: Any) -> None:
    arity, base = _shape(annotation)
    kind = _OURS.get(base)
    expected = _expected(specifier)
    if kind is not None and kind != specifier.kind:
        raise DefinitionError(
            f"{owner}.{name} is annotated as {base} but is a {specifier.kind}", remedy=f"annotate with {expected}"
        )
    if specifier.kind in {"attribute", "parameter"}:
        _check_value(owner, name, specifier, arity, base)
        return
    if base in _VALUES:
        raise DefinitionError(
            f"{owner}.{name} is annotated as {base} but is {_article(specifier)}", remedy=f"annotate with {expected}"
        )
    if arity != specifier.arity:
        raise DefinitionError(
            f"{owner}.{name} is {_article(specifier)} but annotated as {arity}", remedy=f"annotate with {expected}"
        )


def _check_value(owner: str, name: str, specifier: Specifier, arity: Arity, base: str) -> None:
    """Compare with the Python type that the constraint gives, where both are numbers or text."""
    field = specifier.named(name, owner)
    assert isinstance(field, (AttributeField, ParameterField))
    given = field.constraint.python
    if given in _NUMBERS and base in _NUMBERS and base not in _NUMBERS[given]:
        raise DefinitionError(f"{owner}.{name} is annotated as {base} but reads as {given}")
    if specifier.arity == "optional" and arity != "optional" and base in _NUMBERS and given != "bool":
        raise DefinitionError(f"{owner}.{name} may be absent", remedy=f"annotate with {base} | None")


def _article(specifier: Specifier) -> str:
    return f"{'an' if specifier.arity == 'optional' else 'a'} {specifier.arity} {specifier.kind}"


def _expected(specifier: Specifier) -> str:
    return _SPELLING.get(specifier.kind, {}).get(specifier.arity, "the type of its Python value")


def _shape(annotation: Any) -> tuple[Arity, str]:
    """Arity and base name of an annotation, evaluated or as text (it may name what only type checkers import)."""
    text = annotation if isinstance(annotation, str) else _text(annotation)
    try:
        tree = ast.parse(text, mode="eval").body
    except SyntaxError:
        return "single", text
    match tree:
        case ast.BinOp(op=ast.BitOr(), left=base, right=ast.Constant(value=None)):
            return "optional", _name(base)
        case ast.BinOp(op=ast.BitOr(), left=ast.Constant(value=None), right=base):
            return "optional", _name(base)
        case ast.Subscript(value=outer, slice=inner) if _name(outer) == "Optional":
            return "optional", _name(inner)
        case ast.Subscript(value=outer, slice=inner) if _name(outer) in _SEQUENCES:
            return "variadic", _name(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
        case _:
            return "single", _name(tree)


def _name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _text(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is None:
        return "None" if annotation is type(None) else getattr(annotation, "__name__", "object")
    parts = [_text(part) for part in typing.get_args(annotation) if part is not Ellipsis]
    if origin in {typing.Union, types.UnionType}:
        return " | ".join(parts)
    return f"{origin.__name__}[{', '.join(parts)}]"


def _is_class_variable(annotation: Any) -> bool:
    if isinstance(annotation, str):
        return annotation.replace("typing.", "").startswith("ClassVar")
    return annotation is typing.ClassVar or typing.get_origin(annotation) is typing.ClassVar
