"""Words the settings."""

from __future__ import annotations

from client_py.core.attention import Permission
from client_py.core.preferences import TextSize, Theme
from client_py.words.phrases import Counted, Phrase

SETTINGS = Phrase("Settings")
BACK = Phrase("Back to conversations")

YOU = Phrase("You")
# For translators: what a person is called beside the name of their account.
SHOWN_NAME = Phrase("Name shown to others")
SHOWN_NAME_HINT = Phrase(
    "Others see it in place of {username}, and {username} beside it where it looks like the name of somebody else."
)
SAVE = Phrase("Save")
SAVED = Phrase("Saved.")
COLOUR = Phrase("Colour")
# For translators: one of the colours that a person can have; they are numbered.
COLOUR_NUMBER = Phrase("Colour {number}")
OWN_COLOUR = Phrase("The colour of your username")

APPEARANCE = Phrase("Appearance")
THEME = Phrase("Theme")
THEMES = {Theme.SYSTEM: Phrase("System"), Theme.LIGHT: Phrase("Light"), Theme.DARK: Phrase("Dark")}
TEXT_SIZE = Phrase("Text size")
TEXT_SIZES = {
    TextSize.SMALL: Phrase("Small"),
    TextSize.NORMAL: Phrase("Normal"),
    TextSize.LARGE: Phrase("Large"),
    TextSize.LARGER: Phrase("Larger"),
}

NOTIFICATIONS = Phrase("Notifications")
NOTIFY = Phrase("Tell me of new messages")
NOTIFY_HINTS = {
    Permission.GRANTED: Phrase("While you look elsewhere."),
    Permission.UNASKED: Phrase("While you look elsewhere. Your browser asks you whether it may."),
    Permission.DENIED: Phrase(
        "Your browser lets this page show no notifications. Allow them in its settings for this page."
    ),
    Permission.UNSUPPORTED: Phrase("This browser cannot show notifications."),
}
NOTIFICATION_TEXT = Phrase("Show what was said")
NOTIFICATION_TEXT_HINT = Phrase("Off: a notification names the conversation alone.")
SOUND = Phrase("Sound")

PRIVACY = Phrase("Privacy")
READ_RECEIPTS = Phrase("Read receipts")
READ_RECEIPTS_HINT = Phrase("Off: nobody sees what you read, and you do not see what they read.")
TYPING_SHOWN = Phrase("Show when somebody is typing")
TYPING_SHOWN_HINT = Phrase("Off: nobody sees that you write, and you do not see that they write.")

ACCOUNT = Phrase("Account")
CHANGE_PASSWORD = Phrase("Change password")
CURRENT_PASSWORD = Phrase("Current password")
NEW_PASSWORD = Phrase("New password")
NEW_PASSWORD_RULE = Phrase("{least} characters or more. Every other device is logged out.")
# For translators: a button; yes, give the account this password.
SET_PASSWORD = Phrase("Change password")
PASSWORD_CHANGED = Phrase("The password is changed. Every other device is logged out.")
WRONG_PASSWORD = Phrase("This is not your password.")
NEW_PASSWORD_MISSING = Phrase("Please enter a new password.")
SHOW_PASSWORD = Phrase("Show")
DELETE_ACCOUNT = Phrase("Delete account…")
DELETE_ACCOUNT_QUESTION = Phrase(
    "Delete {username} for ever? Every device is logged out, and this browser forgets what it keeps of you, with the "
    "messages that are not delivered yet. What others have received stays with them. This cannot be undone."
)
# For translators: a button; yes, delete my account.
DELETE = Phrase("Delete account")
GUEST = Phrase("You are here as a guest")
GUEST_HINT = Phrase("Your name is good for one room, and for this browser. It has no password, and no other devices.")

DEVICES = Phrase("Devices")
THIS_DEVICE = Phrase("This one")
UNNAMED_DEVICE = Phrase("A device that does not say what it is")
LAST_USED = Phrase("Last used: {time}")
LOG_OUT_DEVICE = Phrase("Log out")
LOG_OUT_OTHERS = Phrase("Log out all other devices")
DEVICE_LOGGED_OUT = Phrase("The device is logged out.")
OTHERS_LOGGED_OUT = Phrase("All other devices are logged out.")
LOGINS_UNKNOWN = Phrase("Where you are logged in is not known at the moment.")
TRY_AGAIN = Phrase("Try again")
LOADING = Phrase("Loading…")

STORAGE = Phrase("Storage")
STORED_HERE = Phrase("Kept in this browser")
ROOMS_KEPT = Counted("Messages of {count} room", "Messages of {count} rooms")
NOTHING_KEPT = Phrase("No messages")
SPACE = Phrase("{used} of {quota} are in use, by everything that this site keeps.")
SPACE_UNKNOWN = Phrase("This browser does not say how much room there is.")
PERSISTED = Phrase("The browser keeps it until you delete it.")
NOT_PERSISTED = Phrase("The browser may delete it when it runs out of room.")
# For translators: a button; the browser may ask the person, or decide by itself.
ASK_TO_PERSIST = Phrase("Ask the browser to keep it")
NOT_GRANTED = Phrase("The browser does not promise that. It may later, when you have used this page more.")
ELSEWHERE = Phrase(
    "Messages are kept in the browsers of those who talk. The server keeps your account, and no message."
)
EXPORT_ALL = Phrase("Export everything")
EXPORT_ALL_HINT = Phrase("The messages of all rooms, and these settings, as one JSON file.")
EXPORTED = Counted("{count} room is exported.", "{count} rooms are exported.")
EXPORT_FAILED = Phrase("Not everything could be read, so nothing was exported. Please try again, or reload this page.")
FORGET = Phrase("Forget everything in this browser…")
FORGET_QUESTION = Phrase(
    "Log out, and delete all that this browser keeps for this site: the messages of all rooms and of everybody who has "
    "logged in here, those that are not delivered yet, drafts and settings? Your account stays. This cannot be undone."
)
NOT_FORGOTTEN = Phrase(
    "This browser does not let this page delete what it keeps ({reason}). Delete the data of this site in the "
    "settings of the browser."
)
# For translators: a button; yes, delete everything here.
FORGET_ALL = Phrase("Forget everything")

SHORTCUTS = Phrase("Shortcuts")
SHORTCUT_KEYS = {
    Phrase("Send the message"): ("Enter",),
    Phrase("Begin a new line"): ("Shift", "Enter"),
    Phrase("Close what is open over the page"): ("Esc",),
    Phrase("Go to the next control, or back"): ("Tab", "Shift"),
}

ABOUT = Phrase("About")
VERSION = Phrase("Version {version}")
LICENCES = Phrase("What this page is made of, and under which licences:")

# For translators: sizes of what is kept.
KILOBYTES = Phrase("{number} KB")
MEGABYTES = Phrase("{number} MB")
GIGABYTES = Phrase("{number} GB")
