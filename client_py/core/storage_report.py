"""What there is to tell of the storage of a browser."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorageReport:
    """What is kept of a person, and how much room there is; None where that is not known."""

    rooms: int | None = None
    """Of how many rooms messages are kept."""
    used: float | None = None
    """Bytes, of all that this site keeps."""
    quota: float | None = None
    """Bytes that it may keep."""
    is_persisted: bool | None = None
    """Whether the browser has promised to keep it."""
