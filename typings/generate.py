"""Write `typings/iree/compiler/ir.pyi`, the types of the bindings in IREE's wheel, which ships none.

Usage: pip install nanobind && python typings/generate.py
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

_HEADER = "# Written by typings/generate.py from iree-base-compiler's own bindings. pyright: basic\n"

_ERROR = """
class MLIRError(Exception):
    message: str
    error_diagnostics: list[DiagnosticInfo]
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "ir.pyi"
        module = "iree.compiler._mlir_libs._mlir.ir"
        subprocess.run([sys.executable, "-m", "nanobind.stubgen", "-m", module, "-P", "-o", raw], check=True)
        text = raw.read_text()
    # The extension names itself by its own, unqualified path.
    text = re.sub(r"^import _mlir\.ir\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^from iree\.compiler\._mlir_libs import .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\b_mlir\.ir\.", "", text)
    # `Context` is the base class with a Python constructor on top.
    text = text.replace("_Context: TypeAlias = Context", "class Context(_BaseContext): ...")
    # An unparametrised `Value` is one of any type.
    text = text.replace('_T = TypeVar("_T", bound=Type)', '_T = TypeVar("_T", bound=Type, default=Type)')
    text = re.sub(r"^    TypeVar,\n", "", text, flags=re.MULTILINE)
    text = text.replace("from typing_extensions import ", "from typing_extensions import TypeVar, ")
    text += _ERROR
    target = Path(__file__).parent / "iree" / "compiler" / "ir.pyi"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_HEADER + text)


if __name__ == "__main__":
    main()
