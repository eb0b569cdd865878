"""What the page says to a person: every sentence in English, by code, for gettext to say in other languages."""
