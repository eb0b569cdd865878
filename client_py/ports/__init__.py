"""The seams between what decides and what touches the browser.

Everything here is implemented twice: by `browser/`, and by the fakes of the tests.
"""
