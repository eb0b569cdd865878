from protocol.codes import CloseCode


def test_close_code_says_whether_it_is_final() -> None:
    """Whoever was replaced, not logged in, or not understood will be so again; the rest may come back."""
    final = {code for code in CloseCode if code.is_final}
    assert final == {CloseCode.PROTOCOL_VIOLATION, CloseCode.UNAUTHENTICATED, CloseCode.REPLACED}
