from __future__ import annotations

import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"

# The packages among the examples, as `ireekit opt --load` and `python -m` in that folder find them.
sys.path.insert(0, str(EXAMPLES))
