"""Words what stands in many places of the page."""

from __future__ import annotations

from client_py.words.phrases import Phrase

APP_NAME = "P2P Chat"
"""The same in every language."""

ACCOUNT = Phrase("Account")
# For translators: who one is, on the button that opens the account’s menu.
YOU_ARE = Phrase("You are {username}")
# For translators: the name under which others see somebody who has an account of another name.
ACCOUNT_NAME = Phrase("Account: {username}")
CANCEL = Phrase("Cancel")
CLOSE = Phrase("Close")
DISMISS = Phrase("Dismiss")
