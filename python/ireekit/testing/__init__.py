"""What tests of dialects and passes need: split input, expected diagnostics, lit."""

from ireekit.testing.diagnostics import Message, collected, forwarded, message_of, messages_of, messages_of_error
from ireekit.testing.expectations import (
    Expectation,
    MalformedExpectationError,
    check_expectations,
    parse_expectations,
)
from ireekit.testing.split import MARKER, Chunk, split_input

__all__ = [
    "MARKER",
    "Chunk",
    "Expectation",
    "MalformedExpectationError",
    "Message",
    "check_expectations",
    "collected",
    "forwarded",
    "message_of",
    "messages_of",
    "messages_of_error",
    "parse_expectations",
    "split_input",
]
