"""What the tests compare with, and draws codes in a terminal: segno's public face, which the browser is not given."""

from _typeshed import SupportsWrite

class QRCode:
    matrix: tuple[bytearray, ...]
    def terminal(self, out: SupportsWrite[str], border: int | None = ..., *, compact: bool = ...) -> None: ...

def make(content: str, error: str | None = ..., *, micro: bool | None = ...) -> QRCode: ...
