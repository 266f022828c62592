"""Files that are there whole or not at all."""

from ireekit.files import replacing, write_atomically

__all__ = ["replacing", "write_atomically"]
