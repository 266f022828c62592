"""So that `lit tests/lit/FOLDER` works as well: the configuration is that of the top level."""

from pathlib import Path
from typing import Any

names: dict[str, Any] = globals()
names["lit_config"].load_config(names["config"], str(Path(__file__).parents[2] / "lit.cfg.py"))
