"""What is kept between runs of the bench: environments, model folders, built programs, logs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from suite.client import Client
from suite.engines import Engine
from suite.failures import BenchError, one_line
from suite.folders import ModelFolder, digest_of
from suite.locks import locked

_BENCH = Path(__file__).parent.parent
_COMPLETE = ".complete"
_ENGINE_MODULE = re.compile(r"^from (suite\.engines\.\w+) import", re.MULTILINE)
_MODEL_SECONDS, _BUILD_SECONDS = 900.0, 1800.0


class Places:
    """The bench's cache folder.

    Args:
      root: of it; made where it does not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._logs, self._locks = root / "logs", root / "locks"
        for folder in (self._logs, self._locks):
            folder.mkdir(parents=True, exist_ok=True)

    def interpreter(self, engine: Engine) -> Path:
        """The Python of the engine's environment, which pip makes when it is first asked for.

        Raises:
          BenchError: pip cannot install its packages here.
        """
        if not engine.packages:
            return Path(sys.executable)
        folder = self._root / "environments" / f"{engine.name}-{digest_of(sys.version, *engine.packages)}"
        python = folder / "bin" / "python"
        with self._lock(folder.name):
            if not (folder / _COMPLETE).exists():
                print(f"making an environment for {engine.name}", file=sys.stderr)
                _install(folder, python, engine.packages)
        return python

    def model(self, name: str) -> ModelFolder:
        """The folder of a model, made where the zoo or a version changed, imported where a frontend changed.

        Raises:
          BenchError: torch cannot make or run the model.
        """
        from suite.importing import import_digest
        from suite.reference import model_digest

        folder = ModelFolder(name, self._root / "models" / f"{name}-{model_digest(name)}")
        with self._lock(folder.path.name):
            if not (folder.path / _COMPLETE).exists():
                self._make(folder)
            if folder.imported().get("digest") != import_digest():
                self._run("suite.importing", folder)
        return folder

    def _make(self, folder: ModelFolder) -> None:
        shutil.rmtree(folder.path, ignore_errors=True)
        folder.path.mkdir(parents=True)
        self._run("suite.reference", folder)
        (folder.path / _COMPLETE).touch()

    def _run(self, module: str, folder: ModelFolder) -> None:
        log = self._logs / f"{folder.name}-{module.rpartition('.')[2]}.log"
        command = [sys.executable, "-m", module, folder.name, str(folder.path)]
        with log.open("wb") as file:
            try:
                done = subprocess.run(
                    command, stdout=file, stderr=file, env=_environment({}), timeout=_MODEL_SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                raise BenchError(f"the model was not made after {_MODEL_SECONDS:.0f} s") from None
        if done.returncode:
            said = log.read_text().strip().splitlines()
            raise BenchError(f"the model cannot be made: {one_line(said[-1] if said else 'no message')}")

    def client(self, engine: Engine, model: ModelFolder) -> Client:
        """A worker for the engine and the model.

        Raises:
          BenchError: see :meth:`interpreter`.
        """
        python = self.interpreter(engine)
        out = self.built_folder(engine, model)
        out.mkdir(parents=True, exist_ok=True)
        command = [str(python), "-m", "suite.worker", engine.name, model.name, str(model.path), str(out)]
        return Client(command, _environment(engine.variables), self._logs / f"{model.name}-{engine.name}.log")

    def built_folder(self, engine: Engine, model: ModelFolder) -> Path:
        """Where an engine keeps what it made of a model; what is built each time is not shared by processes."""
        name = f"{engine.name}-{os.getpid() if engine.rebuild else _engine_digest(engine, model)}"
        return model.path / "built" / name

    def built(self, engine: Engine, model: ModelFolder, *, again: bool) -> dict[str, Any]:
        """What :class:`suite.engines.Built` says, building where that was not done before.

        Raises:
          BenchError: the engine cannot build the model.
        """
        folder = self.built_folder(engine, model)
        file = folder / "built.json"
        with self._lock(f"{model.name}-{folder.name}"):
            if file.exists() and not again and not engine.rebuild:
                return json.loads(file.read_text())
            file.unlink(missing_ok=True)
            with self.client(engine, model) as client:
                answer = client.ask("build", timeout=_BUILD_SECONDS)
            file.write_text(json.dumps(answer))
        return answer

    def discard(self, engine: Engine, model: ModelFolder) -> None:
        """Remove what no later run can use."""
        if engine.rebuild:
            shutil.rmtree(self.built_folder(engine, model), ignore_errors=True)

    def _lock(self, name: str) -> AbstractContextManager[None]:
        return locked(self._locks / name)


def _install(folder: Path, python: Path, packages: Sequence[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise BenchError(f"pip: {one_line(said[-1] if said else done.stderr)}")
    (folder / _COMPLETE).touch()


def _engine_digest(engine: Engine, model: ModelFolder) -> str:
    """Names the compilers, how they are called (the module and those of the other engines that it uses), and for those
    that compile the import of the model, that one."""
    own = _source(engine.module)
    used = [_source(name) for name in _ENGINE_MODULE.findall(own)]
    imports = [model.imported().get("content", "")] if any("iree_program" in each for each in (own, *used)) else []
    return digest_of(version("iree-base-compiler"), *engine.packages, own, *used, *imports)


def _source(module: str) -> str:
    return (_BENCH / f"{module.replace('.', '/')}.py").read_text()


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Of a worker: the modules of the bench, and none of the caller's settings of threads.

    Python's own compiled files are kept, or else translating our sources would count as compiling the model.
    """
    unset = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return {**kept, "PYTHONPATH": str(_BENCH), **variables}
