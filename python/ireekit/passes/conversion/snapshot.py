"""The IR before a conversion, to go back to where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.compiler import ir


class Snapshot:
    """A copy of an operation and all that is in it."""

    def __init__(self, op: ir.Operation) -> None:
        self._op = op
        self._copy: ir.Operation = op.clone(ip=False)

    def restore(self) -> ir.Operation:
        """Give the operation the content it had.

        Returns:
          A detached operation with what the content had become, so that nothing that still points there dangles.
        """
        for region, copied in zip(self._op.regions, self._copy.regions, strict=True):
            failed, saved = list(region.blocks), list(copied.blocks)
            for block in failed:
                block.append_to(copied)
            for block in saved:
                block.append_to(region)
        self._restore_attributes()
        return self._copy

    def _restore_attributes(self) -> None:
        now, before = self._op.attributes, self._copy.attributes
        for name in [name for name in now if name not in before]:
            del now[name]
        for name in before:
            now[name] = before[name]
