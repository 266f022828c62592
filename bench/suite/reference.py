"""Makes a model's folder: weights, inputs, torch's results and ONNX. Run as a process of its own.

python -m suite.reference MODEL FOLDER
"""

from __future__ import annotations

import json
import logging
import re
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suite.folders import ModelFolder, digest_of, write_arrays

if TYPE_CHECKING:
    from suite.zoo.definition import Built

_SEED = 0
_ZOO_MODULE = re.compile(r"^ *from (suite\.zoo\.\w+) import", re.MULTILINE)


def model_digest(name: str) -> str:
    """Names the sources of a model of the zoo and the versions that shape its folder."""
    from importlib.metadata import version

    from suite.zoo import EVERY

    packages = ("torch", "transformers", "onnxscript")
    sources = (file.read_bytes() for file in _sources(EVERY[name].make.__module__))
    return digest_of(Path(__file__).read_bytes(), *sources, *(f"{each} {version(each)}" for each in packages))


def _sources(module: str) -> list[Path]:
    """The file of a module of the zoo, and those of the zoo that it imports, directly or not."""
    folder = Path(__file__).parent
    found: set[Path] = set()
    wanted = [module]
    while wanted:
        file = folder.joinpath(*wanted.pop().split(".")[1:]).with_suffix(".py")
        if file not in found:
            found.add(file)
            wanted += _ZOO_MODULE.findall(file.read_text())
    return sorted(found)


def built(name: str) -> Built:
    """A model of the zoo and its inputs, the same in every process with the same torch."""
    import torch

    from suite.zoo import EVERY

    torch.manual_seed(_SEED)
    return EVERY[name].make()


def flat(result: Any) -> tuple[Any, ...]:
    """Results as a tuple."""
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _write_onnx(folder: ModelFolder, model: Any, inputs: tuple[Any, ...]) -> None:
    import torch

    torch.onnx.export(model, inputs, folder.onnx, dynamo=True, verbose=False, optimize=True, external_data=False)


def make(folder: ModelFolder) -> None:
    """Write everything; a part that cannot be made is a problem in ``facts.json``."""
    import numpy as np
    import torch

    from suite.failures import one_line

    model, inputs = built(folder.name)
    with torch.no_grad():
        expected = flat(model(*inputs))
    torch.save(model.state_dict(), folder.weights)
    write_arrays(folder.path / "inputs.npz", [each.numpy() for each in inputs])
    write_arrays(folder.path / "expected.npz", [np.ascontiguousarray(each.numpy()) for each in expected])
    problems: dict[str, str] = {}
    try:
        _write_onnx(folder, model, inputs)
    except Exception as error:  # whatever a peer's exporter raises is a cell of the table
        problems["onnx"] = one_line(error)
    parameters = sum(each.numel() for each in model.parameters())
    facts = {"torch": torch.__version__, "parameters": parameters, "problems": problems}
    (folder.path / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    make(ModelFolder(sys.argv[1], Path(sys.argv[2])))
