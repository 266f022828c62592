"""Uses what another file beside it defines."""

from passes import Mark

__all__ = ["Mark"]
