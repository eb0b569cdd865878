"""Tests of what makes the page's files."""
