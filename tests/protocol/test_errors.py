import pytest

from protocol.codes import ErrorCode
from protocol.errors import (
    MalformedMessage,
    MessageTooBig,
    RemoteProtocolError,
    UnexpectedMessage,
    UnknownMessage,
)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (MalformedMessage("it is not JSON"), ErrorCode.MALFORMED, "The message is malformed: it is not JSON."),
        (UnknownMessage("x" * 50), ErrorCode.UNKNOWN_MESSAGE, f"There is no message of type '{'x' * 40}'."),
        (UnexpectedMessage("join", "not now"), ErrorCode.UNEXPECTED, "'join' was not expected: not now."),
        (MessageTooBig(9, 8), ErrorCode.TOO_BIG, "The message has 9 bytes, and 8 are allowed."),
    ],
)
def test_error_writes_code_and_sentence(error: RemoteProtocolError, code: ErrorCode, sentence: str) -> None:
    """Every error of the other end has a code for a program and a sentence for a person."""
    assert (error.code, str(error)) == (code, sentence)
