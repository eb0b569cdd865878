"""Pyodide, as far as `client_py/browser` uses it."""
