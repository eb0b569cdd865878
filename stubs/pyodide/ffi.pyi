"""The foreign function interface of Pyodide, as far as `client_py/browser` uses it."""

from collections.abc import Callable
from typing import Any

class JsProxy:
    def destroy(self) -> None: ...

class JsBuffer(JsProxy):
    byteLength: int
    def to_bytes(self) -> bytes: ...

class JsException(Exception):
    name: str
    message: str

class JsNull: ...

jsnull: JsNull

def create_once_callable(value: Callable[..., object], /) -> JsProxy: ...
def create_proxy(value: Callable[..., object], /) -> JsProxy: ...
def to_js(value: Any, /, *, dict_converter: Callable[..., Any] | None = None) -> Any: ...
