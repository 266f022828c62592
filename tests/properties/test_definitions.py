"""Random definitions and random IR of them: everyone who reads the definition agrees on what is valid."""

from __future__ import annotations

import io
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_instances
import ir_sketches
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from ir_definition import define
from ir_oracle import is_valid
from iree.compiler import ir

from ireekit.bindings.session import CompilerSession
from ireekit.dialect import Dialect, VerificationError, parse_module, print_op, verify
from ireekit.dialect.irdl import emit

EXAMPLES = int(os.environ.get("IREEKIT_PROPERTY_EXAMPLES", "60"))
"""Definitions drawn by each test."""

SEED = os.environ.get("IREEKIT_PROPERTY_SEED")
"""A number draws other definitions than the ones always drawn."""


def deterministic(test: Callable[..., None]) -> Callable[..., None]:
    """The same draws in every run, unless a seed is given."""
    limits = settings(
        derandomize=SEED is None,
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    return limits(test) if SEED is None else seed(int(SEED))(limits(test))


@dataclass(frozen=True)
class Case:
    """A definition with some operations of it, and whether the oracle finds each valid."""

    sketch: ir_sketches.DialectSketch
    texts: tuple[tuple[str, bool], ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    sketch = draw(ir_sketches.dialects("d"))
    instances = draw(st.lists(ir_instances.instances(sketch), min_size=2, max_size=5))
    return Case(sketch, tuple((ir_instances.module_text(each, "d"), is_valid(each)) for each in instances))


def context() -> ir.Context:
    made = CompilerSession().context
    made.load_all_available_dialects()
    return made


def load(dialect: Dialect, home: Any) -> None:
    """Register the dialect; what IRDL cannot state may stay unregistered, and is verified by us alone then."""
    assert dialect.load(home).registered or emit(dialect.models, dialect.marker).lenient


def parsed(text: str, context: Any) -> Any:
    try:
        return ir.Module.parse(text, context=context)
    except ir.MLIRError:
        return None


def accepts(module: Any, dialect: Dialect) -> bool:
    try:
        verify(module, [dialect])
    except VerificationError:
        return False
    return True


@deterministic
@given(cases())
def test_registered_operations_verify_as_the_definition_says(case: Case) -> None:
    dialect, home = define(case.sketch), context()
    load(dialect, home)
    for text, valid in case.texts:
        module = parsed(text, home)
        found = module is not None and accepts(module, dialect)
        assert found == valid, text


@deterministic
@given(cases())
def test_unregistered_operations_are_verified_by_us_alone(case: Case) -> None:
    dialect, home = define(case.sketch), context()
    home.allow_unregistered_dialects = True
    for text, valid in case.texts:
        module = parsed(text, home)
        assert module is not None
        assert accepts(module, dialect) == valid, text


@deterministic
@given(cases())
def test_text_and_bytecode_round_trip(case: Case) -> None:
    dialect, home = define(case.sketch), context()
    load(dialect, home)
    for text, valid in case.texts:
        module = parsed(text, home) if valid else None
        if module is None:
            continue
        printed = str(module)
        assert str(ir.Module.parse(printed, context=home)) == printed
        buffer = io.BytesIO()
        module.operation.write_bytecode(buffer)
        elsewhere = context()
        load(dialect, elsewhere)
        read = ir.Module.parse(buffer.getvalue(), context=elsewhere)
        assert str(read) == printed
        assert accepts(read, dialect)


@deterministic
@given(cases())
def test_custom_assembly_round_trips(case: Case) -> None:
    dialect, home = define(case.sketch, assembly=True), context()
    load(dialect, home)
    for text, valid in case.texts:
        module = parsed(text, home) if valid else None
        if module is None:
            continue
        custom = print_op(module, [dialect])
        assert '"d.' not in custom, custom
        assert print_op(parse_module(custom, home, [dialect]), [dialect]) == custom
        assert str(parse_module(custom, home, [dialect])) == str(module), custom


@deterministic
@given(cases())
def test_torch_mlir_reads_the_same_definition(case: Case) -> None:
    foreign = pytest.importorskip("torch_mlir.ir", reason="torch-mlir is not installed")
    home = foreign.Context()
    dialect = define(case.sketch)
    load(dialect, home)
    for text, valid in case.texts:
        try:
            module = foreign.Module.parse(text, context=home)
        except foreign.MLIRError:
            module = None
        found = module is not None and accepts(module, dialect)
        assert found == valid, text


# The same definitions, read by other programs: one process for many.


@dataclass(frozen=True)
class Foreign:
    """An operation of a dialect that has a name of its own, so that many fit into one process.

    Attributes:
      irdl: the dialect's text.
      function: the name of the function around it.
      exact: IRDL says everything that it is refused for, if it is.
    """

    irdl: str
    function: str
    text: str
    valid: bool
    exact: bool


def collected() -> list[list[Foreign]]:
    """Operations by definition; without those that IRDL cannot state."""
    found: list[list[Foreign]] = []
    numbers = itertools.count()

    @deterministic
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        name = f"d{next(numbers):04}"
        sketch = data.draw(ir_sketches.dialects(name))
        dialect = define(sketch)
        irdl = emit(dialect.models, dialect.marker)
        found.append([])
        for number in range(8):
            each = data.draw(ir_instances.instances(sketch))
            full_name = f"{name}.{each.sketch.name}"
            if full_name in irdl.lenient:
                continue
            plain = not each.sketch.same and all(row.arity == "single" for row in each.sketch.attributes)
            types_right = all(entity.valid for group in (*each.operands, *each.results) for entity in group)
            exact = full_name not in irdl.inexact and plain and types_right
            function = f"{name}_{number}"
            text = ir_instances.module_text(each, name).replace("@f(", f"@{function}(")
            found[-1].append(Foreign(irdl.text, function, text, is_valid(each), exact))

    collect()
    return found


def check_foreign(found: list[list[Foreign]], accepted: set[str]) -> None:
    """What they refuse we refuse; where IRDL says everything, they also accept what we accept."""
    modules = [each for group in found for each in group]
    for each in modules:
        if each.valid:
            assert each.function in accepted, f"refused, though valid:\n{each.text}\n{each.irdl}"
        elif each.exact:
            assert each.function not in accepted, f"accepted, though invalid:\n{each.text}\n{each.irdl}"
    # Enough of both were compared for the test to mean something.
    refused = sum(each.exact and not each.valid for each in modules)
    assert min(sum(each.valid for each in modules), refused) > len(found) // 10


def accepted_by_iree_opt(group: list[list[Foreign]], folder: Path) -> set[str]:
    """The functions that ``iree-opt --irdl-file`` prints again."""
    irdl, source = folder / "dialects.irdl.mlir", folder / "modules.mlir"
    irdl.write_text("\n".join(each[0].irdl for each in group if each))
    source.write_text("// -----\n".join(each.text for modules in group for each in modules))
    tool = Path(sys.executable).parent / "iree-opt"
    done = subprocess.run(
        [tool, f"--irdl-file={irdl}", "--split-input-file", source],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr[-2000:]
    return set(re.findall(r"@(d\d+_\d+)\(", done.stdout))


def test_iree_opt_agrees(tmp_path: Path) -> None:
    found = collected()
    accepted: set[str] = set()
    for start in range(0, len(found), 30):
        accepted |= accepted_by_iree_opt(found[start : start + 30], tmp_path)
    check_foreign(found, accepted)
