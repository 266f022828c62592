"""Calling entry points: values, dtypes, shapes, structure, state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from ireekit.errors import ArtifactError, InputError
from ireekit.runtime import DeviceTensor, Program, Record, empty, to_device
from ireekit.signature import EntryPoint, Leaf, Parameter, Tree

Files = Callable[[str], Path]
BUILTIN = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64"),
)
DTYPES = (*BUILTIN, "bfloat16", "float8_e4m3fn", "float8_e5m2")
LAYOUTS = ("plain", "strided", "fortran", "reversed", "readonly")


@pytest.fixture(params=["cpu", "cpu-sync"])
def many(request: pytest.FixtureRequest, program_file: Files) -> Iterator[Program]:
    with Program.load(program_file("many"), device=request.param) as program:
        yield program


@pytest.fixture(scope="module")
def types(program_file: Files) -> Iterator[Program]:
    with Program.load(program_file("types"), device="cpu-sync") as program:
        yield program


def dtype_of(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(ml_dtypes, name)) if hasattr(ml_dtypes, name) else np.dtype(name)


def floats(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        *((name, layout) for name in DTYPES for layout in LAYOUTS),
        *((name, "swapped") for name in BUILTIN if np.dtype(name).itemsize > 1),
    ],
)
def test_every_dtype_in_every_layout(types: Program, name: str, layout: str) -> None:
    dtype = dtype_of(name)
    values = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    entry = EntryPoint.flat(name, [Leaf("a", name, (2, 3))], [Leaf("r", name, (2, 3))])
    program = Program(types.session, [entry])
    given: Any = values
    if layout == "strided":
        given = np.repeat(values, 2, axis=1)[:, ::2]
    elif layout == "fortran":
        given = np.asfortranarray(values)
    elif layout == "reversed":
        given = values[::-1, ::-1].copy()[::-1, ::-1]
    elif layout == "readonly":
        given = values.copy()
        given.flags.writeable = False
    elif layout == "swapped":
        given = values.astype(dtype.newbyteorder(">"))
    result = program(given)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, values[::-1])
    result[:] = values  # what a call returns is the caller's to write to
    assert program(to_device(values, "cpu-sync")).numpy().tolist() == values[::-1].tolist()


def test_large_arrays_with_and_without_alignment(many: Program) -> None:
    aligned = empty((64, 1024))
    aligned[:] = floats(64, 1024)
    shifted = empty((64 * 1024 + 1,))[1:].reshape(64, 1024)
    shifted[:] = aligned
    assert aligned.ctypes.data % 64 == 0
    assert shifted.ctypes.data % 64 != 0
    for given in (aligned, shifted, aligned.copy(order="F")):
        np.testing.assert_array_equal(many["double"](given), aligned * 2)


@pytest.mark.parametrize("name", ["big_identity", "small_identity", "identity"])
def test_results_never_alias_arguments(many: Program, name: str) -> None:
    given = empty((64, 1024) if name == "big_identity" else (4,) if name == "small_identity" else (20000, 4))
    given[:] = 1
    plain, on_device = many[name](given), many[name](given, returns="device")
    given[:] = 2
    again = many[name](given)
    assert plain.min() == plain.max() == 1
    assert on_device.numpy().min() == on_device.numpy().max() == 1
    assert again.min() == 2


def test_results_outlive_their_program(program_file: Files) -> None:
    program = Program.load(program_file("many"))
    result = program["double"](np.ones((64, 1024), np.float32))
    tensor = program["double"](np.ones((64, 1024), np.float32), returns="device")
    program.close()
    del program
    assert result.sum() == 2 * 64 * 1024
    assert tensor.numpy().sum() == 2 * 64 * 1024


def test_dynamic_shapes_and_empty_arrays(many: Program) -> None:
    for rows in (0, 1, 3, 5000):
        a, b = floats(rows, 4, seed=1), floats(rows, 4, seed=2)
        np.testing.assert_array_equal(many["dot"](a, b), a * b)
        assert many["identity"](a).shape == (rows, 4)


def test_numbers_by_value(many: Program) -> None:
    assert many["numbers"](1.5, -7, 2**31 - 1, 1e300, 9, True) == (1.5, -7, 2**31 - 1, 1e300, 9, 1)
    assert many["numbers"](np.float32(0.5), np.int64(3), np.array(4), 2, 0, False)[:3] == (0.5, 3, 4)


def test_rank_zero_arrays_and_python_numbers(many: Program) -> None:
    result = many["scale"](3.0, 2)
    assert result == 6.0
    assert type(result) is float
    array = many["scale"](np.float32(3), 2.0)
    assert isinstance(array, np.ndarray)
    assert array.shape == ()
    assert many["scale"](np.array(3, np.float32), np.array(2, np.float32)) == 6


def test_demoted_doubles_come_back_as_doubles(program_file: Files) -> None:
    leaves = [Leaf(name, "float64", (4,)) for name in "ab"]
    entry = EntryPoint.flat("main", leaves, [Leaf("r", "float64", (4,))])
    program = Program.load(program_file("demoted"), entry_points=[entry])
    given = np.arange(4.0)
    result = program(given, given)
    assert result.dtype == np.float64
    assert result.tolist() == [0, 2, 4, 6]
    assert program(to_device(given), to_device(given)).dtype == np.float64


def test_entry_points_are_read_from_the_module(many: Program) -> None:
    names = [entry.name for entry in many.entry_points]
    assert names[0] == "add"
    assert not [name for name in names if name.startswith("__") or "$async" in name]
    assert str(many["add"].entry_point).startswith("add(input0: float32[4], input1: float32[4]) -> ")
    assert str(many["dot"].entry_point.inputs[0]) == "input0: float32[?, 4]"
    assert many["keep"].entry_point.results == ()
    assert list(many) == names
    assert "add" in many
    assert "nothing" not in many
    assert len(many) == len(names)


def test_torch_modules_need_a_description_and_hide_their_asynchronous_twin(program_file: Files) -> None:
    with pytest.raises(ArtifactError, match=r"does not describe its entry points \(main\)"):
        Program.load(program_file("torch"))
    leaves = [Leaf("a", "float32", ("rows", 4)), Leaf("b", "float32", (4,))]
    entry = EntryPoint.flat("main", leaves, [Leaf("r", "float32", ("rows", 4))])
    with Program.load(program_file("torch"), entry_points=[entry]) as program:
        assert "main$async" in program.session.module.function_names
        x = floats(3, 4)
        np.testing.assert_array_equal(program(x, x[0]), x + x[0])
        with pytest.raises(InputError, match="argument 'b' must have shape"):
            program(x, x)


def test_state_is_kept_and_reset(many: Program) -> None:
    one = np.array(1, np.int64)
    assert [int(many["count"](one)) for _ in range(3)] == [1, 2, 3]
    many.reset()
    assert int(many["count"](one)) == 1


def test_state_is_a_copy_of_its_argument(many: Program) -> None:
    given = empty((64, 1024))
    given[:] = 1
    assert many["keep"](given) is None
    given[:] = 2
    kept = many["kept"]()
    assert kept.max() == 1
    kept[:] = 3
    assert many["kept"]().max() == 1


def test_a_cache_fills_row_by_row(many: Program) -> None:
    cache = None
    for row in range(3):
        cache = many["append"](np.full((1, 16), row + 1, np.float32), np.array(row, np.int64))
    assert cache is not None
    assert cache[:, 0].tolist() == [1, 2, 3, 0]


def test_two_programs_have_two_states(program_file: Files) -> None:
    one = np.array(1, np.int64)
    with Program.load(program_file("many")) as a, Program.load(program_file("many")) as b:
        a["count"](one)
        assert int(a["count"](one)) == 2
        assert int(b["count"](one)) == 1


def test_device_tensors_stay_on_the_device(many: Program) -> None:
    tensor = to_device(np.ones((64, 1024), np.float32), many.device)
    for _ in range(3):
        tensor = many["double"](tensor)
        assert type(tensor) is DeviceTensor
    assert tensor.shape == (64, 1024)
    assert tensor.ndim == 2
    assert tensor.nbytes == 4 * 64 * 1024
    assert len(tensor) == 64
    assert np.asarray(tensor).max() == 8
    assert repr(tensor) == f"DeviceTensor(float32[64, 1024] on {many.device.uri})"
    assert type(many["double"](tensor, returns="numpy")) is np.ndarray


def test_device_tensors_mix_with_arrays_and_other_devices(many: Program) -> None:
    ones = np.ones(4, np.float32)
    here = to_device(ones, many.device)
    elsewhere = to_device(ones, "cpu?threads=1")
    assert type(many["add"](here, ones)) is np.ndarray
    assert many["add"](elsewhere, ones).tolist() == [2, 2, 2, 2]
    assert many["add"](here, elsewhere).tolist() == [2, 2, 2, 2]
    assert to_device(here, many.device) is here


STRUCTURED = EntryPoint(
    "pair",
    tuple(Leaf(name, "float32", (2,)) for name in ("x", "options.y", "rest.0")),
    (Leaf("sum", "float32", (2,)), Leaf("product", "float32", (2,))),
    (
        Parameter("x", Tree.leaf(0)),
        Parameter("options", Tree("dict", (Tree.leaf(1), Tree.constant(None)), ("y", "mask"))),
        Parameter("rest", Tree.tuple_of(Tree.leaf(2)), keyword_only=True),
        Parameter("training", Tree.constant(False), keyword_only=True),
    ),
    Tree(
        "record",
        (Tree.leaf(0), Tree.constant(None), Tree("list", (Tree.leaf(1), Tree.leaf(0)))),
        ("total", "loss", "both"),
        type_name="models.Output",
    ),
)


def test_structure_in_and_out(program_file: Files) -> None:
    program = Program.load(program_file("many"), entry_points=[STRUCTURED])
    x, y, z = (np.full(2, i, np.float32) for i in (1, 2, 3))
    out = program(x, {"y": y, "mask": None}, rest=(z,))
    assert type(out) is Record
    assert out.total.tolist() == [3, 3]
    assert out["both"][0].tolist() == [3, 3]
    assert out[1] is out.both
    assert out.loss is None
    assert len(out) == 2
    assert [type(part) for part in out] == [np.ndarray, list]
    assert out.keys() == ("total", "loss", "both")
    assert repr(out).startswith("Output(total=array([3., 3.]")
    again = program(options={"y": y, "mask": None}, x=x, rest=[z], training=False)
    assert again.total.tolist() == [3, 3]
    with pytest.raises(AttributeError, match="Output has no field 'logits'; it has total, loss, both"):
        _ = out.logits


GOOD = {"x": np.ones(2, np.float32), "options": {"y": np.ones(2, np.float32), "mask": None}}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"rest": ()}, "argument 'rest' must have 1 elements, got 0"),
        ({"rest": 3}, "argument 'rest' must be a tuple of 1, got int"),
        ({"options": {"y": 1}}, "argument 'options' must have the keys y, mask; got y"),
        ({"options": GOOD["x"]}, "argument 'options' must have y, mask, got ndarray of shape (2,)"),
        (
            {"options": {"y": GOOD["x"], "mask": 1}},
            "argument \"options['mask']\" is int, but the program was ",
        ),
        ({"training": True}, "argument 'training' is bool, but the program was compiled for False"),
        ({"extra": 1}, "there is no argument 'extra'"),
        ({"x": None}, "argument 'x' must be an array, got NoneType"),
        ({"rest": (np.ones(3, np.float32),)}, "argument 'rest.0' must have shape [2], got [3]"),
    ],
)
def test_wrong_structure_is_named(program_file: Files, change: dict[str, Any], cause: str) -> None:
    program = Program.load(program_file("many"), entry_points=[STRUCTURED])
    with pytest.raises(InputError) as caught:
        program(**{**GOOD, "rest": (GOOD["x"],), **change})
    assert cause in caught.value.cause
    assert caught.value.op == "pair"
    assert caught.value.remedy


F4 = np.ones(4, np.float32)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "cause"),
    [
        ("add", (F4,), {}, "argument 'input1' is missing"),
        ("add", (F4, F4, F4), {}, "3 positional arguments given, at most 2 taken"),
        ("add", (F4, F4), {"input1": F4}, "argument 'input1' is given twice, by position and by keyword"),
        ("add", (F4, F4.astype("f8")), {}, "argument 'input1' must be float32, got float64"),
        ("add", (F4, np.ones(5, np.float32)), {}, "argument 'input1' must have shape [4], got [5]"),
        ("add", (F4, np.ones((2, 2), np.float32)), {}, "argument 'input1' must have shape [4], got [2, 2]"),
        ("add", (F4, 1.0), {}, "argument 'input1' must have shape [4], got the number 1.0"),
        ("add", (F4, [1, 2, 3, 4]), {}, "argument 'input1' must be an array, got list"),
        ("add", (F4, "text"), {}, "argument 'input1' must be an array, got str"),
        ("add", (F4, np.array(["a"] * 4)), {}, "argument 'input1' must be float32, got str"),
        ("add", (F4, np.array([None] * 4)), {}, "argument 'input1' must be float32, got object"),
        ("dot", (np.ones((2, 4), np.float32), np.ones((2, 5), np.float32)), {}, "must have shape [?, 4]"),
        ("scale", (1.0, 2 + 1j), {}, "argument 'input1' must be float32, got the complex (2+1j)"),
        ("count", (1.5,), {}, "argument 'input0' must be int64, got the float 1.5"),
        ("count", (2**70,), {}, "argument 'input0' must fit int64"),
        ("numbers", (1.0, 2.5, 0, 0, 0, 0), {}, "argument 'input1' must be an integer, got 2.5"),
        ("numbers", (1.0, 2, 2**31, 0, 0, 0), {}, "argument 'input2' must fit 32 bits"),
        ("numbers", ("a", 2, 0, 0, 0, 0), {}, "argument 'input0' must be a number, got str"),
        ("numbers", (F4, 2, 0, 0, 0, 0), {}, "argument 'input0' must be one number, got float32[4]"),
    ],
)
def test_wrong_arguments_are_named(
    many: Program, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], cause: str
) -> None:
    with pytest.raises(InputError) as caught:
        many[name](*args, **kwargs)
    assert cause in caught.value.cause
    assert "\n" not in caught.value.cause
    assert caught.value.op == name
    assert caught.value.remedy


def test_named_dynamic_dimensions_must_agree(program_file: Files) -> None:
    entry = EntryPoint.flat(
        "dot",
        [Leaf("a", "float32", ("batch", 4)), Leaf("b", "float32", ("batch", 4))],
        [Leaf("r", "float32", ("batch", 4))],
    )
    program = Program.load(program_file("many"), entry_points=[entry])
    with pytest.raises(InputError, match="argument 'b' has 2 as dimension 'batch', but 'a' has 3"):
        program(floats(3, 4), floats(2, 4))


def test_unknown_entry_points_and_returns(many: Program) -> None:
    with pytest.raises(InputError, match="no entry point 'nothing'"):
        many["nothing"]
    with pytest.raises(InputError, match="several entry points and none is named main"):
        many(F4)
    with pytest.raises(InputError, match="returns='tensor' is no kind of array"):
        many["add"](F4, F4, returns="tensor")  # pyright: ignore[reportArgumentType]
