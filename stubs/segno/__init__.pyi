"""What the tests compare with: segno's public face, which the browser is not given."""

class QRCode:
    matrix: tuple[bytearray, ...]

def make(content: str, error: str | None = ..., *, micro: bool | None = ...) -> QRCode: ...
