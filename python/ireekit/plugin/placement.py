"""Where the phases of the compiler end in the list of all its passes.

The stock tools build one pass manager for the whole way. Here a list of its passes, as pipeline text, is read, and told
where the plugin's own passes, which were all added at one place, belong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ireekit.bindings.phases import PHASES
from ireekit.errors import PipelineError


class Boundary(NamedTuple):
    """How the end of a phase is known.

    Attributes:
      phase: that ends.
      markers: how an item of the pipeline text starts that belongs to the next phase; one of these is there.
      back: how many items of the next phase are before that one.
    """

    phase: str
    markers: tuple[str, ...]
    back: int = 0


# From the passes that IREE 3.13 runs; the tests compare with phases that are run one by one. Between dispatch creation
# and the phase before it, and between that and preprocessing, passes for functions share an item: what that means for
# the steps there is in ireekit.plugin.shared_passes.
BOUNDARIES: tuple[Boundary, ...] = (
    Boundary("input", ("iree-abi-convert-streamable-ops", "iree-tflite-wrap-entry-points")),
    Boundary("abi", ("iree-hal-assign-target-devices",)),
    Boundary("preprocessing", ("iree-global-opt-erase-unused-linalg-operands",)),
    Boundary("global-optimization", ("iree-dispatch-creation-tensor-pad-to-tensor-insert-slice",)),
    Boundary("dispatch-creation", ("iree-verify-input-legality",)),
    Boundary("flow", ("iree-stream-verify-input",), back=1),
    Boundary("stream", ("iree-hal-assign-target-devices",), back=2),
    Boundary("executable-sources", ("hal.executable(iree-hal-configure-executables",)),
    Boundary("executable-configurations", ("hal.executable(iree-hal-translate-all-executables",)),
    Boundary("executable-targets", ("iree-hal-conversion",)),
    Boundary("hal", ("inline",)),
)

BEGIN = "begin"
"""A placeholder that is for nothing but to be there, where compilation begins after the first phase."""

AFTER_PIPELINES = "after-pipelines"
"""A placeholder behind the item that preprocessing and the phase after it share."""

BEFORE_TRACES = "before-traces"
"""A placeholder before the item that global optimization and the phase after it share."""

# What the compiler's own flags add to preprocessing after what plugins add, and how many items it is.
_SPECIFICATIONS = {"iree-preprocessing-transform-interpreter": 1, "iree-preprocessing-apply-pdl-patterns": 3}
_SHARED = "iree-op-pipeline-adaptor"


def split_items(text: str) -> list[str]:
    """The items of a pipeline text within its anchor."""
    items: list[str] = []
    depth, start = 0, text.index("(") + 1
    for index in range(start, len(text)):
        depth += (text[index] in "({[<") - (text[index] in ")}]>" and text[index - 1] != "-")
        if depth < 0 or (text[index] == "," and depth == 0):
            items.append(text[start:index])
            start = index + 1
        if depth < 0:
            break
    return [item for item in items if item]


# Placed without the end of a phase.
_KNOWN = {"preprocessing", BEGIN, AFTER_PIPELINES, BEFORE_TRACES}


class Arrangement(NamedTuple):
    """What comes of :func:`arrange`.

    Attributes:
      order: indices into the items.
      phases: that end in this pipeline, so that what is to be done there is to be done now.
    """

    order: list[int]
    phases: frozenset[str]


def arrange(items: Sequence[str], placeholders: Mapping[str, int], last_phase: str | None = None) -> Arrangement:
    """Put each placeholder at its place.

    Args:
      items: of the whole pipeline, placeholders included.
      placeholders: index of each by the phase it is for, or by another name above. The first among ``items`` stays
        where it is.
      last_phase: the compiler stops after this one, if that is known.

    Raises:
      PipelineError: the end of a phase cannot be found.
    """
    first = min(placeholders, key=lambda phase: placeholders[phase])
    moved = {phase: index for phase, index in placeholders.items() if phase != first}
    rest = [index for index in range(len(items)) if index not in moved.values()]
    others = [position for position, index in enumerate(rest) if index not in placeholders.values()]
    kept = [items[rest[position]] for position in others]
    places, reached = _ends(kept)
    begun = PHASES[0] if first == PHASES[0] else _phase_before(places)
    if last_phase not in (None, PHASES[-1] if reached == PHASES[-2] else reached, reached) and moved.keys() - _KNOWN:
        raise PipelineError(
            f"where phase {reached!r} ends in the compiler's pipeline cannot be told",
            remedy="compile with `ireekit compile`, which runs the phases one by one",
        )
    if (index := placeholders.get("preprocessing")) is not None:
        before = sum(rest[position] < index for position in others)
        places[AFTER_PIPELINES] = places.get("preprocessing", len(kept))
        places["preprocessing"] = _after_specifications(kept, before)
    if (place := places.get("global-optimization", 0)) and kept[place - 1].startswith(_SHARED):
        places[BEFORE_TRACES] = place - 1
    order: list[int] = []
    for position in range(len(rest) + 1):
        order += [index for phase, index in moved.items() if _position(places.get(phase), others, rest) == position]
        order += rest[position : position + 1]
    ended = PHASES[PHASES.index(begun) + (first != PHASES[0]) : PHASES.index(reached) + 1]
    # The last phase is nothing but its name, and ends with the one before, unless that is where the compiler stops.
    whole = reached == PHASES[-2] and last_phase != reached
    return Arrangement(order, frozenset(ended) | ({PHASES[-1]} if whole else set()))


def _after_specifications(items: Sequence[str], start: int) -> int:
    """Where preprocessing ends but for what it shares with the next phase."""
    end = next((index for index in range(start, len(items)) if items[index].startswith(_SHARED)), len(items))
    found = [
        index + size
        for index in range(start, end)
        for marker, size in _SPECIFICATIONS.items()
        if items[index].startswith(marker)
    ]
    place = max(found, default=start)
    # Another pipeline's step, which was there first.
    while found and place < end and items[place].endswith("-at-preprocessing"):
        place += 1
    return place


def _position(place: int | None, others: Sequence[int], rest: Sequence[int]) -> int:
    return others[place] if place is not None and place < len(others) else len(rest)


def _phase_before(places: Mapping[str, int]) -> str:
    """The last phase that ended before the pipeline began."""
    first = min(places, key=PHASES.index)
    return first if places[first] == 0 else PHASES[PHASES.index(first) - 1]


def _ends(items: Sequence[str]) -> tuple[dict[str, int], str]:
    """Where each phase ends, as far as the pipeline goes, and the last phase of it."""
    places: dict[str, int] = {}
    # Plugins are not asked where less than this is compiled.
    position, reached = 0, PHASES[1]
    for boundary in BOUNDARIES:
        found = next((i for i in range(position, len(items)) if items[i].startswith(boundary.markers)), None)
        if found is None:
            if places:
                break
            continue
        places[boundary.phase] = found - boundary.back
        position = found + 1
        reached = PHASES[PHASES.index(boundary.phase) + 1]
    places[reached] = len(items)
    return places, reached
