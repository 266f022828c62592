"""Write `typings/iree/compiler/*.pyi`, the types of the bindings in IREE's wheel, which ships none.

Usage: pip install nanobind && python typings/generate.py
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

_HEADER = "# Written by typings/generate.py from iree-base-compiler's own bindings. pyright: basic\n"
_MODULES = ("ir", "passmanager", "rewrite")
_ERROR = """
class MLIRError(Exception):
    message: str
    error_diagnostics: list[DiagnosticInfo]
"""


def main() -> None:
    target = Path(__file__).parent / "iree" / "compiler"
    target.mkdir(parents=True, exist_ok=True)
    for name in _MODULES:
        (target / f"{name}.pyi").write_text(_HEADER + _cleaned(name, _generated(name)))


def _generated(name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / f"{name}.pyi"
        module = f"iree.compiler._mlir_libs._mlir.{name}"
        subprocess.run([sys.executable, "-m", "nanobind.stubgen", "-P", "-m", module, "-o", raw], check=True)
        return raw.read_text()


def _cleaned(name: str, text: str) -> str:
    # The extension names itself by its own, unqualified path.
    text = re.sub(r"^import _mlir\.\w+\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^from iree\.compiler\._mlir_libs import .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(rf"\b_mlir\.{name}\.", "", text)
    text = re.sub(r"\biree\.compiler\._mlir_libs\._mlir\.ir\.|\b_mlir\.ir\.", "ir.", text)
    if name != "ir":
        return text.replace("\n\n", "\n\nfrom iree.compiler import ir\n\n", 1)
    # `Context` is the base class with a Python constructor on top.
    text = text.replace("_Context: TypeAlias = Context", "class Context(_BaseContext): ...")
    # An unparametrised `Value` is one of any type.
    text = text.replace('_T = TypeVar("_T", bound=Type)', '_T = TypeVar("_T", bound=Type, default=Type)')
    text = re.sub(r"^    TypeVar,\n", "", text, flags=re.MULTILINE)
    text = text.replace("from typing_extensions import ", "from typing_extensions import TypeVar, ")
    return text + _ERROR


if __name__ == "__main__":
    main()
