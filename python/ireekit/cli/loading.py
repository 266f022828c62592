"""Python files given with ``--load``: the dialects, passes and pipelines in them."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ireekit.errors import IreekitError, PipelineError

if TYPE_CHECKING:
    from ireekit.dialect import Dialect
    from ireekit.passes import Pass
    from ireekit.pipeline import PipelineDefinition


@dataclass(frozen=True)
class Loaded:
    """What the top level of a file defines or imports.

    Attributes:
      file: its path, as given.
      dialects: in order.
      passes: classes that can be made, in order.
      pipelines: in order.
    """

    file: str
    dialects: tuple[Dialect, ...]
    passes: tuple[type[Pass], ...]
    pipelines: tuple[PipelineDefinition, ...]


def load_file(file: str) -> Loaded:
    """Import a Python file, or a folder that is a package; it can import what lies beside it, as if it were run.

    Raises:
      PipelineError: it cannot be read, or raises when it is imported.
    """
    from ireekit.passes import Pass
    from ireekit.pipeline import PipelineDefinition

    values = list(vars(_import(file)).values())
    return Loaded(
        file,
        _dialects(values),
        tuple(
            dict.fromkeys(
                value
                for value in values
                if inspect.isclass(value)
                and issubclass(value, Pass)
                and not inspect.isabstract(value)
                and not value.__module__.startswith("ireekit.")
            )
        ),
        tuple(dict.fromkeys(value for value in values if isinstance(value, PipelineDefinition))),
    )


def _dialects(values: Sequence[object]) -> tuple[Dialect, ...]:
    # A file without dialects need not pay for what defines them.
    if "ireekit.dialect" not in sys.modules:
        return ()
    from ireekit.dialect import Dialect

    return tuple(dict.fromkeys(value for value in values if isinstance(value, Dialect)))


def _import(file: str) -> ModuleType:
    path = Path(file).resolve()
    package = path.is_dir()
    name, home = (path.name if package else path.stem), path.parent
    path = path / "__init__.py" if package else path
    if not path.is_file():
        raise PipelineError(f"there is no file {file}", remedy="check the path given with --load")
    if path.suffix != ".py":
        raise PipelineError(f"{file} is no Python file", remedy="--load takes files that end in .py, and packages")
    known = sys.modules.get(name)
    if known is not None:
        if getattr(known, "__file__", None) == str(path):
            return known
        name = f"ireekit_loaded_{name}_{abs(hash(path)):x}"
        if name in sys.modules:
            return sys.modules[name]
    inside = [str(path.parent)] if package else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Before it runs: dataclasses look their module up by its name.
    sys.modules[name] = module
    if str(home) not in sys.path:
        sys.path.append(str(home))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever the file does
        del sys.modules[name]
        raise _import_error(file, path, error) from error
    return module


def _import_error(file: str, path: Path, error: BaseException) -> PipelineError:
    cause = error.cause if isinstance(error, IreekitError) else (str(error).strip().splitlines() or ["no message"])[0]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == str(path)] or frames
    location = f"{own[-1].filename}:{own[-1].lineno}" if own else None
    if isinstance(error, SyntaxError) and error.filename:
        cause, location = error.msg, f"{error.filename}:{error.lineno}"
    return PipelineError(
        f"{file} cannot be imported: {type(error).__name__}: {cause}",
        location=location,
        remedy=error.remedy if isinstance(error, IreekitError) else None,
    )
