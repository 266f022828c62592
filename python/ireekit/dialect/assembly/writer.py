"""Blanks between printed tokens, as ODS puts them: none after an opening bracket or before a comma, one elsewhere."""

from __future__ import annotations

_NO_BLANK_BEFORE = frozenset("<>(){}[],")
_NO_BLANK_BEFORE_AFTER_PUNCTUATION = frozenset(">)}],")
_NO_BLANK_AFTER = frozenset("<({[")


class Writer:
    """Collects printed tokens.

    Args:
      tight: nothing precedes the first token, as in ``!acme.tile<``; otherwise a blank does.
      indent: what follows a line break.
    """

    __slots__ = ("_after_punctuation", "_blank", "_indent", "pieces")

    def __init__(self, *, tight: bool = False, indent: str = "") -> None:
        self.pieces: list[str] = []
        self._indent = indent
        self._blank = not tight
        self._after_punctuation = tight

    def literal(self, text: str) -> None:
        """A keyword or punctuation."""
        if self._blank and self._blank_before(text):
            self.pieces.append(" ")
        self.pieces.append(text)
        single = len(text) == 1
        self._blank = not single or text not in _NO_BLANK_AFTER
        self._after_punctuation = not (text[0].isalpha() or text[0] == "_")

    def _blank_before(self, text: str) -> bool:
        if len(text) > 1:
            return True
        tight = _NO_BLANK_BEFORE_AFTER_PUNCTUATION if self._after_punctuation else _NO_BLANK_BEFORE
        return text not in tight

    def token(self, text: str) -> None:
        """A value, type, attribute, region or block."""
        if not text:
            return
        if self._blank or not self._after_punctuation:
            self.pieces.append(" ")
        self.pieces.append(text)
        self._blank = True
        self._after_punctuation = False

    def whitespace(self, text: str) -> None:
        """Exactly ``text`` here instead of what the rules say; the empty text joins what stands around it."""
        self.pieces.append(f"\n{self._indent}" if text == "\n" else text)
        self._blank = False
        self._after_punctuation = True

    def text(self) -> str:
        return "".join(self.pieces)
