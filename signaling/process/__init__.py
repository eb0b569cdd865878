"""Listening, serving and supervising: what a process of the server does with the system."""
