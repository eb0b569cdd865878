"""What every request passes on its way in and out: plain ASGI, one concern a module."""
