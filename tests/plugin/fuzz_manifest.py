"""Feeds broken manifests to the plugin's reader, and compares its verdicts with a reader of a few lines.

Usage: python fuzz_manifest.py LIBRARY SEED COUNT
"""

from __future__ import annotations

import ctypes
import random
import re
import sys

from ireekit.plugin import manifest
from ireekit.plugin.manifest import HEADER, encoded, sealed

# How many fields a record of a kind has, from the description of the format.
_FIELDS = {
    kind: 1 + len(fields.split())
    for kind, fields in re.findall(r"^``([a-z-]+)((?: [A-Z_]+)+)``", manifest.__doc__ or "", re.MULTILINE)
    if kind != "end"
}
_OF_A_PIPELINE = ("input-type", "input-dialect", "option", "flag")
_NAMED = ("pipeline", "pass", "dialect")
_PARTS = (
    *(b"\t", b"\n", b"\0", b"\r", b" ", b"\xff", b"\xc3\xa4", b"end\t", b"\nend\t00000000\n", b"-1", b"+1", b"0x10"),
    *(b"pipeline\tacme\n", b"pipeline\t\n", b"symbol\tx\t\n", b"symbol\tx\tffffffffffffffffff\n", HEADER.encode()),
    *(kind.encode() for kind in _FIELDS),
)

_ROWS = (
    ("python", "/opt/venv/bin/python", "/usr/lib/libpython3.so"),
    ("compiler", "c508b0a380357dc0"),
    ("symbol", "_ZN4mlir12registerPass", "1234"),
    ("symbol", "_ZTV", "abcdef"),
    ("pipeline", "acme"),
    ("input-type", "acme", "acme"),
    ("input-dialect", "acme", "acme"),
    ("input-dialect", "acme", "acme2"),
    ("flag", "acme", "--iree-opt-level=O2"),
    ("option", "acme", "width", "4", "lanes"),
    ("pipeline", "other"),
    ("default-flag", "--iree-hal-target-device=local"),
    ("pass", "acme-fuse", "Fuse."),
    ("pass", "acme-tile", ""),
    ("dialect", "acme"),
)
SAMPLE = sealed("\n".join([HEADER, *map("\t".join, _ROWS), ""])).encode()


def is_whole(data: bytes) -> bool:
    """Whether the reader must take it."""
    if not data:
        return True
    head, end, _ = data.rpartition(b"\nend\t")
    if not end or sealed_bytes(head + b"\n") != data:
        return False
    header, *lines = head.split(b"\n")
    # With the number of input types of each.
    pipelines: dict[bytes, int] = {}
    return header == HEADER.encode() and all(_is_record(line.split(b"\t"), pipelines) for line in lines if line)


def sealed_bytes(data: bytes) -> bytes:
    return encoded(sealed(data.decode("utf-8", "surrogateescape")))


def _is_record(fields: list[bytes], pipelines: dict[bytes, int]) -> bool:
    kind = fields[0].decode("latin-1")
    if _FIELDS.get(kind) != len(fields):
        return False
    if kind == "symbol":
        # Sixteen digits at most, any number of zeros before them; 0x is taken too.
        return re.fullmatch(rb"(0[xX](?=.))?0*[0-9a-fA-F]{0,16}", fields[2]) is not None and fields[2] != b""
    if kind in _OF_A_PIPELINE:
        if fields[1] not in pipelines:
            return False
        pipelines[fields[1]] += kind == "input-type"
        return kind != "input-dialect" or pipelines[fields[1]] > 0
    if kind in _NAMED and (not fields[1] or (kind == "pipeline" and fields[1] in pipelines)):
        return False
    if kind == "pipeline":
        pipelines[fields[1]] = 0
    return True


def mutated(text: bytes, source: random.Random) -> bytes:
    """The text with up to four changes; half of them with the checksum made right again."""
    body = text[: text.rindex(b"end\t")]
    for _ in range(source.randint(0, 4)):
        body = source.choice(_CHANGES)(body, source)
    if source.random() < 0.75:
        return sealed_bytes(body)
    whole = sealed_bytes(body)
    return source.choice(_CHANGES)(whole, source)


def _insert(data: bytes, source: random.Random) -> bytes:
    at = source.randint(0, len(data))
    return data[:at] + source.choice(_PARTS) + data[at:]


def _cut(data: bytes, source: random.Random) -> bytes:
    first, last = sorted((source.randint(0, len(data)), source.randint(0, len(data))))
    return data[:first] + data[min(last, first + source.choice((1, 8, 1000))) :]


def _overwrite(data: bytes, source: random.Random) -> bytes:
    if not data:
        return data
    at = source.randrange(len(data))
    return data[:at] + bytes([source.randrange(256)]) + data[at + 1 :]


def _repeat(data: bytes, source: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(source.randint(0, len(lines)), source.choice(lines) * source.choice((1, 1, 40)))
    return b"\n".join(lines)


def _truncate(data: bytes, source: random.Random) -> bytes:
    return data[: source.randint(0, len(data))]


def _shuffle(data: bytes, source: random.Random) -> bytes:
    lines = data.split(b"\n")
    source.shuffle(lines)
    return b"\n".join(lines)


_CHANGES = (_insert, _insert, _cut, _overwrite, _overwrite, _repeat, _truncate, _shuffle)


def main(path: str, seed: str, count: str) -> None:
    problem = ctypes.CDLL(path).ireekit_manifest_problem
    problem.restype = ctypes.c_char_p
    problem.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    source = random.Random(int(seed))
    verdicts = {True: 0, False: 0}
    for number in range(int(count)):
        data = mutated(SAMPLE, source) if number else SAMPLE
        said = problem(data, len(data)).decode()
        whole = said == ""
        verdicts[whole] += 1
        assert "\n" not in said, said
        assert whole == is_whole(data), f"case {number} of seed {seed}: {said!r} of {data!r}"
    print(f"{verdicts[True]} taken, {verdicts[False]} refused")


if __name__ == "__main__":
    main(*sys.argv[1:])
