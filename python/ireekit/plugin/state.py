"""What was found when the manifest was last written, and whether that still holds.

The file of it lies beside the manifest. Comparing costs one ``stat`` for each file it names: the compiler and our
library, the folders of installed packages (which change with every ``pip install`` and ``pip uninstall``), and the
sources of pipelines that are installed editable.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_HEADER = "ireekit-plugin-state 2"
_ABSENT = "absent"

# Fields of each kind of record.
_SIZES = {"compiler": 1, "site": 1, "problem": 1, "file": 2, "pipeline": 2, "plan": 1, "step": 5}


class State(NamedTuple):
    """Attributes:
    compiler: the library of IREE's compiler that was found.
    sites: the folders of installed packages that were searched.
    problem: why the plugin cannot be loaded by that compiler, or ``""``.
    stamps: of every file that the manifest depends on, see :func:`stamp`.
    pipelines: name and ``module:object`` of those that one package alone offers.
    plans: names of those of them whose steps are known; see :mod:`ireekit.plugin.plan`.
    steps: name of the pipeline, then what :func:`ireekit.plugin.plan.record_of` gives of each step.
    """

    compiler: str
    sites: tuple[str, ...]
    problem: str
    stamps: tuple[tuple[str, str], ...]
    pipelines: tuple[tuple[str, str], ...] = ()
    plans: tuple[str, ...] = ()
    steps: tuple[tuple[str, str, str, str, str], ...] = ()

    def holds(self, compiler: Path, sites: Iterable[Path]) -> bool:
        """Whether nothing changed since."""
        if self.compiler != str(compiler) or self.sites != tuple(map(str, sites)):
            return False
        return self.is_current()

    def is_current(self) -> bool:
        """Whether no file changed since."""
        return all(_agree(then, stamp(Path(path))) for path, then in self.stamps)

    def text(self) -> str:
        """The contents of its file; :func:`parse_state` reads them."""
        records = [
            ("compiler", self.compiler),
            *(("site", site) for site in self.sites),
            ("problem", " ".join(self.problem.split())),
            *(("file", path, found) for path, found in self.stamps),
            *(("pipeline", *row) for row in self.pipelines),
            *(("plan", name) for name in self.plans),
            *(("step", *row) for row in self.steps),
        ]
        return "".join("\t".join(record) + "\n" for record in ((_HEADER,), *records))


def stamp(path: Path) -> str:
    """Changes when the file does, or when the names in the folder do."""
    try:
        found = path.stat()
    except OSError:
        return _ABSENT
    return f"{found.st_mtime_ns}" if path.is_dir() else f"{found.st_mtime_ns}:{found.st_size}"


def _agree(then: str, now: str) -> bool:
    if then == now:
        return True
    # Files of container images and archives keep whole seconds.
    old, new = then.split(":"), now.split(":")
    return new[0].endswith("0" * 9) and old[0][:-9] == new[0][:-9] and old[1:] == new[1:]


def parse_state(text: str) -> State | None:
    """``None`` for a text that is none of :meth:`State.text`."""
    head, *lines = text.split("\n")
    if head != _HEADER or lines[-1:] != [""]:
        return None
    fields: dict[str, list[list[str]]] = {kind: [] for kind in _SIZES}
    for line in lines[:-1]:
        kind, *values = line.split("\t")
        if len(values) != _SIZES.get(kind):
            return None
        fields[kind].append(values)
    if len(fields["compiler"]) != 1 or len(fields["problem"]) != 1:
        return None
    return State(
        fields["compiler"][0][0],
        tuple(value for (value,) in fields["site"]),
        fields["problem"][0][0],
        tuple((path, found) for path, found in fields["file"]),
        tuple((name, reference) for name, reference in fields["pipeline"]),
        tuple(name for (name,) in fields["plan"]),
        tuple((name, phase, targets, acts_on, text) for name, phase, targets, acts_on, text in fields["step"]),
    )


def read_state(path: Path) -> State | None:
    """The state in a file; ``None`` where there is none that can be read."""
    try:
        return parse_state(path.read_text("utf-8", "surrogateescape"))
    except OSError:
        return None
