"""``python -m ireekit``."""

import sys

from ireekit.cli import main

if __name__ == "__main__":
    sys.exit(main())
