"""JAX frontend, against JAX itself."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from iree.compiler import api

import mypipeline
from ireekit.errors import ModelImportError, UnsupportedOpsError
from ireekit.frontends import entry, import_model
from ireekit.frontends.registry import ImportOptions

jax = pytest.importorskip("jax", reason="the package jax is not installed")
import jax.numpy as jnp  # noqa: E402
from jax import export  # noqa: E402

PIPELINE = mypipeline.pipeline
RNG = np.random.default_rng(0)


def rand(*shape: int) -> np.ndarray:
    return RNG.random(shape, np.float32)


def check(function, *inputs, call=None, dynamic_shapes=None, tolerance=1e-5, **keywords):
    """Compile with ``inputs``, call with ``call`` (or the same), and compare with JAX."""
    artifact = PIPELINE.compile(function, *inputs, keyword_inputs=keywords, dynamic_shapes=dynamic_shapes, cache=False)
    given = inputs if call is None else call
    got, want = artifact(*given, **keywords), function(*given, **keywords)
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for left, right in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        left, right = np.asarray(left), np.asarray(right)
        assert left.dtype == right.dtype
        assert left.shape == right.shape
        np.testing.assert_allclose(left.astype(np.complex128), right.astype(np.complex128), tolerance, tolerance)
    return artifact


def mlp(params, x):
    for layer in params:
        x = jnp.tanh(x @ layer["w"] + layer["b"])
    return x


PARAMS = [{"w": rand(4, 8), "b": rand(8)}, {"w": rand(8, 3), "b": rand(3)}]


def attention(q, k, v):
    scores = jnp.einsum("bqd,bkd->bqk", q, k) / jnp.sqrt(q.shape[-1] * 1.0)
    causal = jnp.arange(k.shape[1])[None, :] <= jnp.arange(q.shape[1])[:, None]
    return jnp.einsum("bqk,bkd->bqd", jax.nn.softmax(jnp.where(causal, scores, -1e9)), v)


def rnn(w, xs):
    def step(h, x):
        h = jnp.tanh(h @ w + x)
        return h, h

    return jax.lax.scan(step, jnp.zeros(xs.shape[-1]), xs)


def collatz(n):
    def step(state):
        n, count = state
        return jax.lax.cond(n % 2 == 0, lambda n: n // 2, lambda n: 3 * n + 1, n), count + 1

    return jax.lax.while_loop(lambda state: state[0] != 1, step, (n, 0))


def convolution(x, w):
    y = jax.lax.conv_general_dilated(x, w, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    return jax.nn.relu(y).mean((1, 2))


def quantized(x, w):
    return jax.lax.dot(x, w, preferred_element_type=jnp.int32)


CASES = {
    "mlp": (mlp, (PARAMS, rand(2, 4))),
    "gradient": (jax.grad(lambda params, x: mlp(params, x).sum()), (PARAMS, rand(2, 4))),
    "convolution": (convolution, (rand(2, 8, 8, 3), rand(3, 3, 3, 4))),
    "rnn": (rnn, (rand(4, 4), rand(5, 4))),
    "while and cond": (collatz, (np.int32(27),)),
    "attention": (attention, (rand(2, 5, 8),) * 3),
    "int8": (quantized, (np.arange(-8, 8, dtype=np.int8).reshape(4, 4), np.ones((4, 2), np.int8))),
    "top_k": (lambda x: jax.lax.top_k(x, 2), (rand(3, 6),)),
    "complex": (lambda x: jnp.fft.rfft(x), (rand(8),)),
    "random, constant key": (lambda x: x + jax.random.normal(jax.random.key(0), (4,)), (rand(4),)),
    "random, key given": (lambda key, x: x * jax.random.uniform(key, (4,)), (jax.random.PRNGKey(3), rand(4))),
}


@pytest.mark.parametrize("case", CASES)
def test_same_as_jax(case):
    function, inputs = CASES[case]
    check(function, *inputs)


def test_bfloat16():
    check(lambda x, w: x @ w, jnp.ones((2, 4), jnp.bfloat16), jnp.full((4, 4), 0.5, jnp.bfloat16))


def test_jitted_with_donation_and_unused_arguments():
    function = jax.jit(lambda a, unused, b: a * 2 + b, donate_argnums=0)
    artifact = PIPELINE.compile(function, rand(3), rand(2), rand(3), cache=False)
    assert [leaf.name for leaf in artifact.entry_points[0].inputs] == ["a", "unused", "b"]
    x, y = rand(3), rand(3)
    np.testing.assert_allclose(artifact(x, rand(2), y), x * 2 + y, rtol=1e-6)


class State(NamedTuple):
    mean: np.ndarray
    count: np.ndarray


def test_trees_of_inputs_and_results_keep_their_names():
    def update(state, *, batch, rate=0.5):
        return {"state": State(state.mean + rate * batch.mean(), state.count + 1), "batch": (batch, None)}

    artifact = PIPELINE.compile(update, State(rand(2), np.int32(0)), keyword_inputs={"batch": rand(3)}, cache=False)
    (only,) = artifact.entry_points
    assert [leaf.name for leaf in only.inputs] == ["state.mean", "state.count", "batch"]
    assert [leaf.name for leaf in only.results] == ["batch.0", "state.mean", "state.count"]
    assert [(p.name, p.keyword_only) for p in only.parameters] == [("state", False), ("batch", True)]
    state, batch = State(rand(2), np.int32(4)), rand(3)
    result = artifact(state, batch=batch)
    assert result["batch"][1] is None
    assert result["state"].count == 5
    np.testing.assert_allclose(result["state"].mean, state.mean + 0.5 * batch.mean(), rtol=1e-6)


def test_static_arguments_by_partial():
    artifact = PIPELINE.compile(functools.partial(lambda n, x: x.repeat(n), 3), rand(2), cache=False)
    assert artifact.entry_points[0].results[0].shape == (6,)


def test_plain_functions_of_arrays_go_to_jax():
    artifact = PIPELINE.compile(jnp.sin, jax.ShapeDtypeStruct((3,), jnp.float32), cache=False)
    x = rand(3)
    np.testing.assert_allclose(artifact(x), np.sin(x), rtol=1e-5)


TABLE = rand(10, 4)
DYNAMIC = {
    "softmax": jax.nn.softmax,
    "reshape and iota": lambda x: x.reshape(-1) + jnp.arange(x.size),
    "layer norm": lambda x: (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5),
    "slices": lambda x: (x[:, -1], x[1:], x[::-1]),
    "embedding": lambda x: jnp.asarray(TABLE)[(x * 9).astype(int)],
    "scan": lambda x: jax.lax.scan(lambda c, row: (c + row.sum(), c), 0.0, x),
    "update": lambda x: jax.lax.dynamic_update_slice_in_dim(x, jnp.ones((1, x.shape[1])), 1, 0),
}


@pytest.mark.parametrize("case", DYNAMIC)
def test_symbolic_shapes(case):
    shapes = {"x": {0: "batch", 1: "sequence"}} if case != "softmax" else [{0: "batch", 1: "sequence"}]
    check(DYNAMIC[case], rand(2, 4), call=(rand(3, 7),), dynamic_shapes=shapes)


def test_symbolic_attention_names_its_dimensions():
    spec = {0: "batch", 1: "sequence"}
    artifact = check(
        attention,
        *(rand(2, 4, 8),) * 3,
        call=(rand(3, 6, 8),) * 3,
        dynamic_shapes={"q": spec, "k": spec, "v": spec},
    )
    (only,) = artifact.entry_points
    assert str(only.inputs[0]) == "q: float32[batch, sequence, 8]"
    assert str(only.results[0]) == "output0: float32[batch, sequence, 8]"


def test_symbolic_shapes_within_trees():
    artifact = PIPELINE.compile(
        lambda data: data["a"] + data["b"],
        {"a": rand(2, 4), "b": rand(4)},
        dynamic_shapes={"data": {"a": {0: "batch"}}},
        cache=False,
    )
    assert [leaf.shape for leaf in artifact.entry_points[0].inputs] == [("batch", 4), (4,)]
    assert artifact({"a": rand(5, 4), "b": rand(4)}).shape == (5, 4)


def test_exports_keep_names_and_dropped_arguments(tmp_path):
    def function(params, unused, x):
        return {"y": x @ params["w"]}

    batch = export.symbolic_shape("batch, 4")
    exported = export.export(jax.jit(function), platforms=["cpu"])(
        {"w": rand(4, 3)}, rand(2), jax.ShapeDtypeStruct(batch, jnp.float32)
    )
    path = tmp_path / "model.jax"
    path.write_bytes(exported.serialize())
    params, x = {"w": rand(4, 3)}, rand(6, 4)
    for model in (exported, bytes(exported.serialize()), path):
        artifact = PIPELINE.compile(model, cache=False)
        assert [str(leaf) for leaf in artifact.entry_points[0].inputs] == [
            "params.w: float32[4, 3]",
            "unused: float32[2]",
            "x: float32[batch, 4]",
        ]
        np.testing.assert_allclose(artifact(params, rand(2), x)["y"], x @ params["w"], rtol=1e-5)


def test_several_entry_points():
    model = {"encode": entry(mlp, PARAMS, rand(2, 4)), "twice": entry(lambda x: x * 2, rand(3))}
    program = PIPELINE.compile(model, cache=False).load()
    x = rand(3)
    np.testing.assert_array_equal(program["twice"](x), 2 * x)
    y = rand(2, 4)
    np.testing.assert_allclose(program["encode"](PARAMS, y), mlp(PARAMS, y), rtol=1e-5)


def test_captured_arrays_go_to_an_archive(tmp_path):
    weights = rand(64, 64)
    path = tmp_path / "weights.irpa"
    artifact = PIPELINE.compile(lambda x: x @ weights, rand(2, 64), weights=path, cache=False)
    assert path.stat().st_size > weights.nbytes
    assert [each.name for each in tmp_path.iterdir()] == ["weights.irpa"]
    x = rand(2, 64)
    np.testing.assert_allclose(artifact(x), x @ weights, rtol=1e-5)


def test_double_precision():
    with jax.enable_x64(True):
        x = np.array([1 / 3, 1e-300])
        artifact = PIPELINE.compile(lambda x: x + x, x, cache=False)
        assert artifact(x).dtype == np.float64
        np.testing.assert_array_equal(artifact(x), x + x)


def failure(function, *inputs, kind=ModelImportError, **keywords):
    with pytest.raises(kind) as caught:
        import_model(function, inputs, context=api.Session().context, **keywords)
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 20
    return caught.value


def lines_of_this_file(marker: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.rstrip().endswith(f"# {marker}"))


def test_library_calls_are_listed_with_source_lines():
    def function(x):
        a = jnp.linalg.cholesky(x)  # first call
        return jnp.linalg.svd(a)[1]  # second call

    error = failure(function, np.eye(3, dtype=np.float32), kind=UnsupportedOpsError)
    names = [name for name, _, _ in error.unsupported]
    assert names[0].startswith("cholesky (custom call lapack_spotrf")
    assert any(name.startswith("svd") for name in names)
    assert f"test_jax.py:{lines_of_this_file('first call')}" in (error.location or "")


def test_host_callbacks_are_refused():
    def function(x):
        jax.debug.print("{}", x)
        return x

    failure(function, rand(2))


def test_tracing_errors_name_the_users_line():
    def function(x):
        if x.sum() > 0:  # the branch
            return x
        return -x

    error = failure(function, rand(2))
    assert "TracerBoolConversionError" in error.cause
    assert error.location == f"{__file__}:{lines_of_this_file('the branch')}"


@pytest.mark.parametrize(
    "shapes",
    [{"y": {0: "b"}}, {"x": {2: "b"}}, {"x": {0: "2b"}}, "b", [None, None], {"x": {"a": {0: "b"}}}],
)
def test_wrong_dynamic_shapes_are_import_errors(shapes):
    failure(lambda x: x, rand(2, 2), dynamic_shapes=shapes)


def test_static_positional_arguments_of_jit_have_a_remedy():
    error = failure(jax.jit(lambda x, n: x * n, static_argnums=1), rand(2), 3)
    assert "functools.partial" in (error.remedy or "")


@pytest.mark.parametrize("data", [b"", b"\x00" * 64, b"<\x00\x00\x00 ML\xefR\rStableHLO_v1.0.0"])
def test_damaged_exports_are_import_errors(data, tmp_path):
    path = tmp_path / "damaged.jax"
    path.write_bytes(data)
    failure(path)


def test_locations_carry_source_lines():
    def function(x):
        return jnp.sin(x)  # located

    imported = import_model(function, (rand(2),), context=api.Session().context)
    assert f'test_jax.py":{lines_of_this_file("located")}' in imported.to_text()


def test_archives_are_written_whole_or_not_at_all(tmp_path):
    weights = rand(64, 64)
    options = ImportOptions(weights=tmp_path / "missing" / "weights.irpa")
    failure(lambda x: x @ weights, rand(2, 64), options=options)
    options = ImportOptions(weights=tmp_path / "weights.zip")
    failure(lambda x: x @ weights, rand(2, 64), options=options)
    assert not list(tmp_path.iterdir())
