from protocol.codes import FINAL_BY_CLASS, CloseCode, is_final_close


def test_close_code_says_whether_it_is_final() -> None:
    """A client that was replaced, not logged in, or not understood will be so again; the rest may come back."""
    final = {code for code in CloseCode if code.is_final}
    assert final == {CloseCode.PROTOCOL_VIOLATION, CloseCode.UNAUTHENTICATED, CloseCode.REPLACED}


def test_close_code_of_a_later_release_is_judged_by_its_class() -> None:
    """A code that is known is what it is; of the others, those in one range are final."""
    assert all(is_final_close(code) == code.is_final for code in CloseCode)
    unknown = set(range(1000, 5000)) - set(CloseCode)
    assert {code for code in unknown if is_final_close(code)} == set(FINAL_BY_CLASS) - set(CloseCode)
