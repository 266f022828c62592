"""Classes become models, and wrong ones are refused with a reason."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

import ireekit.dialect
import ireekit.dialect.constraints
from ireekit.dialect import (
    AttrDef,
    DefinitionError,
    Dialect,
    EnumAttr,
    Op,
    Operand,
    Region,
    Result,
    TypeDef,
    attribute,
    operand,
    optional_attribute,
    optional_operand,
    parameter,
    region,
    result,
    traits,
    variadic_operand,
)
from ireekit.dialect.constraints import (
    F32,
    I64,
    AnyFloat,
    AnyType,
    IntegerAttr,
    StringAttr,
)


class Mode(EnumAttr):
    """How exact.

    Fast is not.
    """

    name = "def.mode"
    fast = 0
    exact = 1


class Word(EnumAttr):
    name = "def.word"
    yes = "yes"
    no = "no"


class Base(Op):
    lhs: Operand = operand(AnyType, "left")
    axis: int = attribute(I64, default=3)


class Add(Base):
    """Sum of things.

    And more about it.
    """

    name = "def.add"
    rest: Sequence[Operand] = variadic_operand(AnyType)
    bias: Operand | None = optional_operand(AnyFloat)
    mode: Mode = attribute(Mode, "how")
    label: str | None = optional_attribute(StringAttr())
    body: Region = region(blocks=1)
    out: Result = result(AnyType)
    traits = (traits.Pure,)
    note: ClassVar[str] = "not a field"


def test_model_says_what_the_class_says() -> None:
    model = Add.model
    assert (model.name, model.dialect, model.local_name) == ("def.add", "def", "add")
    assert (model.summary, model.description) == ("Sum of things.", "And more about it.")
    assert [(row.name, row.arity) for row in model.operands] == [
        ("lhs", "single"),
        ("rest", "variadic"),
        ("bias", "optional"),
    ]
    assert [(row.name, row.required, row.has_default) for row in model.attributes] == [
        ("axis", False, True),
        ("mode", True, False),
        ("label", False, False),
    ]
    assert model.operands[0].doc == "left"
    assert model.regions[0].blocks == 1
    assert model.needs_operand_segments
    assert not model.needs_result_segments
    assert list(model.fields) == list(model.order) == ["lhs", "axis", "rest", "bias", "mode", "label", "body", "out"]
    assert model.has_trait("Pure")
    assert model.cls is Add
    assert Add.__match_args__ == model.order


def test_attribute_of_a_number_type_holds_numbers() -> None:
    axis = Base.axis.field  # type: ignore[attr-defined]
    assert isinstance(axis.constraint, IntegerAttr)
    assert axis.constraint.python == "int"


def test_enums() -> None:
    assert Mode.model.name == "def.mode"
    assert (Mode.model.summary, Mode.model.description) == ("How exact.", "Fast is not.")
    assert dict(Mode.model.members) == {"fast": 0, "exact": 1}
    assert (Mode.model.storage, Word.model.storage) == ("i32", "string")
    assert Mode.fast.name == "fast"
    assert list(Mode) == [Mode.fast, Mode.exact]


def _define(body: str) -> Callable[[], Any]:
    """A definition by source, so that annotations are as the text says."""
    return lambda: exec(body, _scope())


def _scope() -> dict[str, Any]:
    return {**vars(ireekit.dialect), **vars(ireekit.dialect.constraints), **globals()}


WRONG: dict[str, tuple[str, str]] = {
    "no specifier": ("class A(Op):\n  name='x.a'\n  lhs: Operand", "says not what kind of field"),
    "no annotation": ("class A(Op):\n  name='x.a'\n  lhs = operand(AnyType)", "'lhs' has no annotation"),
    "optional as single": (
        "class A(Op):\n  name='x.a'\n  lhs: Operand = optional_operand(AnyType)",
        "an optional operand but annotated as single",
    ),
    "single as optional": ("class A(Op):\n  name='x.a'\n  b: Operand | None = operand()", "annotated as optional"),
    "single as sequence": (
        "class A(Op):\n  name='x.a'\n  b: Sequence[Operand] = operand()",
        "a single operand but annotated as variadic",
    ),
    "wrong kind": (
        "class A(Op):\n  name='x.a'\n  b: Result = operand()",
        "annotated as Result but is a operand",
    ),
    "twice": ("class A(Op):\n  name='x.a'\n  b: Operand = operand()\n  b: Operand = operand()", "defined twice"),
    "twice by a base": ("class A(Base):\n  name='x.a'\n  lhs: Operand = operand()", "defined by a base already"),
    "derived from an operation": ("class A(Add):\n  name='x.a'", "cannot be derived from"),
    "reserved": ("class A(Op):\n  name='x.a'\n  location: Operand = operand()", "'location' is reserved"),
    "underscore": ("class A(Op):\n  name='x.a'\n  _b: Operand = operand()", "underscore"),
    "no dialect": ("class A(Op):\n  name='a'", "not of the form 'dialect.name'"),
    "uppercase": ("class A(Op):\n  name='x.matMul'", "not of the form"),
    "number as name": ("class A(Op):\n  name=3", "not of the form"),
    "unknown field in a relation": (
        "class A(Op):\n  name='x.a'\n  lhs: Operand = operand(Tensor())\n  constraints=(SameShape('lhs','rsh'),)",
        "speaks of 'rsh'",
    ),
    "relation of an attribute": (
        "class A(Op):\n  name='x.a'\n  lhs: Operand = operand()\n  n: int = attribute(I64)\n"
        "  constraints=(SameShape('lhs','n'),)",
        "'n' is an attribute",
    ),
    "no relation": ("class A(Op):\n  name='x.a'\n  constraints=('lhs',)", "is no relation"),
    "no tuple of traits": ("class A(Op):\n  name='x.a'\n  traits=traits.Pure", "traits is a tuple"),
    "no trait": ("class A(Op):\n  name='x.a'\n  traits=('Pure',)", "is no trait"),
    "a trait twice": ("class A(Op):\n  name='x.a'\n  traits=(traits.Pure, traits.Pure)", "given twice"),
    "variable in two ways": (
        "class A(Op):\n  name='x.a'\n  a: Operand = operand(Var('T', AnyFloat))\n"
        "  b: Operand = operand(Var('T', AnyInteger))",
        "Var('T') is both",
    ),
    "attribute constraint on an operand": (
        "class A(Op):\n  name='x.a'\n  a: Operand = operand(StringAttr())",
        "constraint of attributes",
    ),
    "no constraint": ("class A(Op):\n  name='x.a'\n  a: Operand = operand(3)", "is no constraint"),
    "text as constraint": ("class A(Op):\n  name='x.a'\n  a: Operand = operand('f32')", 'text needs Is("...")'),
    "class as constraint": ("class A(Op):\n  name='x.a'\n  a: Operand = operand(Tensor)", "write Tensor()"),
    "default of the wrong type": ("class A(Op):\n  name='x.a'\n  a: int = attribute(I64, default='x')", "default 'x'"),
    "default out of range": (
        "class A(Op):\n  name='x.a'\n  a: int = attribute(IntegerAttr(I64, max=3), default=4)",
        "default 4",
    ),
    "default None": ("class A(Op):\n  name='x.a'\n  a: int = attribute(I64, default=None)", "optional_attribute"),
    "commutative of one": (
        "class A(Op):\n  name='x.a'\n  a: Operand = operand()\n  traits=(traits.Commutative,)",
        "at least two operands",
    ),
    "constant with operands": (
        "class A(Op):\n  name='x.a'\n  a: Operand = operand()\n  traits=(traits.ConstantLike,)",
        "no operands, one result",
    ),
    "symbol without name": ("class A(Op):\n  name='x.a'\n  traits=(traits.Symbol,)", "sym_name"),
    "no region to end": ("class A(Op):\n  name='x.a'\n  traits=(traits.NoTerminator,)", "needs regions"),
    "effects on nothing": (
        "class A(Op):\n  name='x.a'\n  traits=(traits.MemoryEffects('read:src'),)",
        "operand or result 'src'",
    ),
    "unknown effect": (
        "class A(Op):\n  name='x.a'\n  traits=(traits.MemoryEffects('touch'),)",
        "unknown memory effect",
    ),
    "pure with effects": (
        "class A(Op):\n  name='x.a'\n  traits=(traits.Pure, traits.MemoryEffects('read'))",
        "without effects",
    ),
    "successors of no terminator": ("class A(Op):\n  name='x.a'\n  to: Successor = successor()", "only terminators"),
    "variadic region first": (
        "class A(Op):\n  name='x.a'\n  a: Sequence[Region] = variadic_region()\n  b: Region = region()",
        "only the last region",
    ),
    "parameter in an operation": ("class A(Op):\n  name='x.a'\n  a: int = parameter(I64)", "has no place"),
    "operand in a type": ("class A(TypeDef):\n  name='x.a'\n  a: Operand = operand()", "has no place"),
    "type without name": ("class A(TypeDef):\n  a: int = parameter(I64)", "has no name"),
    "enum of both": ("class A(EnumAttr):\n  name='x.a'\n  a=1\n  b='c'", "all integers or all strings"),
    "enum without name": ("class A(EnumAttr):\n  a=1", "not of the form"),
    "empty enum": ("class A(EnumAttr):\n  name='x.a'", "no members"),
    "relation as no expression": ("ShapeRelation('lhs[0] ==')", "ShapeRelation"),
    "relation with a call": ("ShapeRelation('open(lhs)')", "not allowed"),
    "relation with an attribute access": ("ShapeRelation('lhs.shape == 1')", "not allowed"),
    "relation of nothing": ("ShapeRelation('1 == 1')", "speaks of no field"),
    "other dialect": ("Dialect('y', ops=(Add,))", "is of another dialect"),
    "member twice": ("Dialect('def', ops=(Add, Add))", "defined twice"),
    "wrong kind of member": ("Dialect('def', ops=(Mode,))", "which is no Op"),
    "base as member": ("Dialect('def', ops=(Base,))", "which is no Op with a name"),
    "members that are one class": ("Dialect('def', ops=Add)", "ops is a tuple of classes"),
    "a type that is not listed": (
        "class T(TypeDef):\n  name='x.t'\nclass A(Op):\n  name='x.a'\n  a: Operand = operand(Tensor() | T)\n"
        "Dialect('x', ops=(A,))",
        "x.a uses !x.t, which is not among its types",
    ),
    "view's own name": ("class A(Op):\n  name='x.a'\n  operation: Operand = operand()", "'operation' is reserved"),
    "default too wide": ("class A(Op):\n  name='x.a'\n  a: int = attribute(I8, default=300)", "default 300 is no i8"),
    "negative unsigned default": ("class A(Op):\n  name='x.a'\n  a: int = attribute(UI8, default=-1)", "default -1"),
    "number as operand": (
        "class A(Op):\n  name='x.a'\n  a: int = operand()",
        "annotated as int but is a single operand",
    ),
    "text as integer": ("class A(Op):\n  name='x.a'\n  a: str = attribute(I64)", "annotated as str but reads as int"),
    "absent without None": ("class A(Op):\n  name='x.a'\n  a: int = optional_attribute(I64)", "may be absent"),
    "misspelt setting": ("class A(Op):\n  name='x.a'\n  trait=(traits.Pure,)", "did you mean 'traits'?"),
    "infer of no operand": (
        "class A(Op):\n  name='x.a'\n  a: Operand = operand()\n  b: Result = result()\n"
        "  @classmethod\n  def infer(cls, c): return c.type",
        "infer asks for 'c'",
    ),
    "infer as a method": (
        "class A(Op):\n  name='x.a'\n  b: Result = result()\n  def infer(self): return None",
        "infer is no class method",
    ),
    "predicate that is no function": ("Predicate(3, 'x')", "3 is no function"),
    "parent without dialect": ("traits.HasParent('loop')", "no full name"),
    "enum with one value twice": ("class A(EnumAttr):\n  name='x.a'\n  a=1\n  b=1", "a and b have one value"),
    "taken dialect name": ("Dialect('builtin')", "MLIR's own"),
    "dialect name": ("Dialect('My-Dialect')", "not allowed"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_definitions_are_refused(case: str) -> None:
    source, message = WRONG[case]
    with pytest.raises(DefinitionError) as caught:
        _define(source)()
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 20


def test_annotations_without_future_import() -> None:
    """Annotations that are objects are read as well as texts."""
    source = (
        "from typing import Optional\n"
        "class A(Op):\n"
        "  name='x.a'\n"
        "  a: Operand = operand()\n"
        "  b: Operand | None = optional_operand()\n"
        "  c: Optional[Operand] = optional_operand()\n"
        "  d: Sequence[Operand] = variadic_operand()\n"
        "  e: list[Operand] = variadic_operand()\n"
        "  to: Sequence[Successor] = variadic_successor()\n"
        "  traits=(traits.Terminator,)\n"
    )
    scope = _scope()
    exec(compile(source, "definition", "exec", dont_inherit=True), scope)
    assert [row.arity for row in scope["A"].model.operands] == [
        "single",
        "optional",
        "optional",
        "variadic",
        "variadic",
    ]


def test_parameters_and_attributes() -> None:
    class Layout(AttrDef):
        """A layout."""

        name = "def.layout"
        order: str = parameter(StringAttr("row", "column"))

    class Tile(TypeDef):
        name = "def.tile"
        element: Any = parameter(F32)
        layout: Any = parameter(Layout)

    assert (Layout.model.sigil, Tile.model.sigil) == ("#", "!")
    assert [row.name for row in Tile.model.parameters] == ["element", "layout"]
    dialect = Dialect("def", types=(Tile,), attributes=(Layout,), description="A dialect.\n\nOf tests.")
    assert (dialect.models.summary, dialect.models.description) == ("A dialect.", "Of tests.")


def test_fingerprint_follows_the_definition() -> None:
    def dialect(maximum: int) -> Dialect:
        class Only(Op):
            name = "def.only"
            n: int = attribute(IntegerAttr(I64, max=maximum))

        return Dialect("def", ops=(Only,))

    assert dialect(3).marker == dialect(3).marker
    assert dialect(3).marker != dialect(4).marker


def test_importing_loads_no_compiler() -> None:
    code = (
        "import sys, ireekit.dialect; print(sorted(m for m in sys.modules if m.startswith(('iree.compiler', 'numpy'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
