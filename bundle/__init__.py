"""Makes the page's files: fetches Pyodide, takes the snapshot that Python starts from, compresses, compiles the words.

Runs on a developer's machine and while a wheel is built; the server only reads what it leaves in `static/`.
"""
