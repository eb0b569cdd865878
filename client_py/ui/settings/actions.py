"""What a person can ask for in the settings; `client_py/settings.py` implements it."""

from __future__ import annotations

from typing import Any, Protocol


class SettingsActions(Protocol):
    """What can be asked for there and nowhere else; what comes of it is shown on the screen."""

    def close(self) -> None:
        """Go back to where the person was."""
        ...

    def choose(self, **choices: Any) -> None:
        """Have some of `Preferences` otherwise from now on, by their names."""
        ...

    def set_notifications(self, on: bool) -> None:  # noqa: FBT001 - likewise
        """Be told of messages from now on, for which the browser may ask the person, or no longer."""
        ...

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Connect through a relay only from now on, or also directly."""
        ...

    def change_password(self, password: str, new_password: str) -> None:
        """Give the account another password, which ends its other logins."""
        ...

    def delete_account(self, password: str) -> None:
        """Delete the account, and what this browser keeps of it."""
        ...

    def list_logins(self) -> None:
        """Ask where the account is logged in."""
        ...

    def end_login(self, login_id: str) -> None:
        """End one of the account's other logins."""
        ...

    def end_other_logins(self) -> None:
        """End all of the account's logins but this one."""
        ...

    def persist(self) -> None:
        """Ask the browser not to delete what it keeps."""
        ...

    def export_everything(self) -> None:
        """Save all that this browser keeps of the person as a file."""
        ...

    def forget_browser(self) -> None:
        """Log out, and delete all that this browser keeps."""
        ...
