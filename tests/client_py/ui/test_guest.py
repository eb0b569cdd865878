from __future__ import annotations

import pytest

from client_py.core.server.access_faults import AccessFault, LoginFault, ServerRefused
from client_py.ui.page import Page
from tests.client_py.ui.view_context import DIRECTLY, World


@pytest.fixture
def asked(world: World, page: Page) -> World:
    """Return a page that asks somebody for a name, who was sent a link."""
    page.show_guest("den")
    return world


def submit(world: World, name: str) -> None:
    """Type a name, and submit the form."""
    world.document.by_test_id("guest-name").type(name)
    assert world.document.by_test_id("guest").one(tag="form").fire("submit"), "the browser must not submit the form"


def title(world: World) -> str:
    """Return what the screen is headed by."""
    return world.document.by_test_id("guest").one(tag="h1").text


def test_who_has_a_link_is_asked_for_a_name_and_nothing_else(asked: World) -> None:
    """The room is named, and whoever invites once the server has told; no password is to be seen."""
    document = asked.document
    assert title(asked) == "You are invited to den"
    assert not document.html.every(data_testid="password")
    assert document.focused is document.by_test_id("guest-name")
    submit(asked, " Ben ")
    assert asked.asked.calls == [("come", "Ben")]


def test_screen_says_who_invites(asked: World, page: Page) -> None:
    """Once the server has told, and nowhere else than in that room."""
    page.show_inviter("hall", "ada")
    assert title(asked) == "You are invited to den"
    page.show_inviter("den", "ada")
    assert title(asked) == "ada invites you to den"
    assert "straight from your browser to ada’s" in asked.document.by_test_id("guest").one(class_="lead").text


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "enter a name"), ("B", "2 to 25 characters"), ("x" * 26, "2 to 25"), ("B\u0412", "several")],
)
def test_name_is_looked_at_before_the_server_is_asked(asked: World, name: str, words: str) -> None:
    """By the rule of the server, and with the keyboard where it can be mended."""
    submit(asked, name)
    field = asked.document.by_test_id("guest-name")
    assert asked.asked.calls == []
    assert words in asked.document.by_test_id("guest-fault").text
    assert (field.get("aria-invalid"), asked.document.focused) == ("true", field)
    field.type("Ben")
    assert field.get("aria-invalid") is None


def test_form_is_locked_while_the_name_is_on_its_way(asked: World, page: Page) -> None:
    """And open again where it comes to nothing."""
    join = asked.document.by_test_id("guest-join")
    locked = []
    for show in (page.show_signing_in, lambda: page.show_access_fault(LoginFault.UNREACHABLE)):
        show()
        locked.append(join.disabled)
    assert locked == [True, False]
    assert "cannot be reached" in asked.document.by_test_id("guest-fault").text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("reserved_username", "This name is reserved"),
        ("invalid_username", "A name has 2 to 25 characters"),
        ("rate_limited", "Too many attempts"),
        ("unknown", "(unknown)"),
    ],
)
def test_server_says_why_a_name_cannot_come(asked: World, page: Page, code: str, words: str) -> None:
    """Another name or another time may help."""
    page.show_access_fault(ServerRefused(code))
    assert words in asked.document.by_test_id("guest-fault").text
    assert asked.document.by_test_id("guest").get("data-state") == "asking"


@pytest.mark.parametrize(
    ("code", "heading", "why"),
    [
        ("invalid_invitation", "This link has ended", "ask for a new one"),
        ("no_guests", "This link needs an account", "to join den"),
    ],
)
def test_link_that_lets_nobody_in_says_so(asked: World, page: Page, code: str, heading: str, why: str) -> None:
    """With one thing left to do, at which the keyboard is."""
    document = asked.document
    page.show_link_fault("hall", ServerRefused(code))
    assert title(asked) != heading
    page.show_link_fault("den", ServerRefused(code))
    screen = document.by_test_id("guest")
    assert (title(asked), screen.get("data-state")) == (heading, "ended")
    assert why in screen.one(class_="lead").text
    assert not document.by_test_id("guest-name").is_shown()
    login = document.by_test_id("guest-login")
    assert (login.text, document.focused) == ("Log in", login)
    login.fire("click")
    assert asked.asked.calls == [("log_in_instead",)]


def test_screen_stays_as_it_is_when_it_is_asked_for_again(asked: World, page: Page) -> None:
    """What was typed is not lost; another room's screen takes its place, and so does the form."""
    field = asked.document.by_test_id("guest-name")
    page.show_guest("den")
    assert asked.document.by_test_id("guest-name") is field
    page.show_guest("hall")
    assert title(asked) == "You are invited to hall"
    page.show_sign_in()
    assert asked.document.by_test_id("username").is_shown()
    page.show_access_fault(LoginFault.UNREACHABLE)
    assert "cannot be reached" in asked.document.by_test_id("auth-error").text


# Keeping the name


@pytest.fixture
def guest(world: World, page: Page) -> World:
    """Return the page of somebody who is a guest."""
    page.show_start("Ben~bcdfgh", DIRECTLY)
    return world


def keep(world: World, username: str, password: str) -> None:
    """Fill in the form for an account, and submit it."""
    document = world.document
    document.by_test_id("kept-username").type(username)
    document.by_test_id("kept-password").type(password)
    assert document.html.one(id="keep-name-panel").one(tag="form").fire("submit")


def test_guest_is_called_by_name_and_offered_to_keep_it(guest: World) -> None:
    """Where one sees who one is; somebody with an account is offered nothing."""
    document = guest.document
    assert document.by_test_id("account").get("aria-label") == "You are Ben (guest)"
    [opener] = document.html.every(data_testid="keep-name")
    assert opener.get("popovertarget") == "keep-name-panel"
    assert "Logging out ends your visit." in document.html.one(id="account-panel").text
    assert document.by_test_id("kept-username").value == "Ben"
    keep(guest, " Benjamin ", "long enough")
    assert guest.asked.calls == [("keep_name", "Benjamin", "long enough")]


@pytest.mark.parametrize(
    ("username", "password", "field", "words"),
    [
        ("", "long enough", "kept-username", "enter your username"),
        ("B", "long enough", "kept-username", "2 to 32"),
        ("Ben", "", "kept-password", "enter your password"),
        ("Ben", "short", "kept-password", "at least 8"),
    ],
)
def test_account_is_looked_at_before_the_server_is_asked(
    guest: World, username: str, password: str, field: str, words: str
) -> None:
    """By the rules for new accounts."""
    keep(guest, username, password)
    document = guest.document
    assert guest.asked.calls == []
    assert words in document.by_test_id("keep-name-fault").text
    assert document.focused is document.by_test_id(field)
    document.by_test_id(field).type("more")
    assert document.by_test_id(field).get("aria-invalid") is None


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        (ServerRefused("account_exists"), "kept-username"),
        (ServerRefused("invalid_password"), "kept-password"),
        (LoginFault.GUEST_ENDED, "kept-password"),
    ],
)
def test_guest_is_told_why_there_is_no_account(guest: World, page: Page, fault: AccessFault, field: str) -> None:
    """In the field that it is about."""
    document = guest.document
    page.show_keeping_name()
    assert document.by_test_id("create-account").disabled
    page.show_keeping_name(fault)
    assert not document.by_test_id("create-account").disabled
    assert document.by_test_id("keep-name-fault").text
    assert document.focused is document.by_test_id(field)


def test_account_is_offered_no_other_name(world: World, page: Page) -> None:
    """There is nothing to keep; and what concerns a guest's form passes by."""
    page.show_keeping_name()
    page.show_start("ada", DIRECTLY)
    assert not world.document.html.every(data_testid="keep-name")
    page.show_keeping_name()
    page.show_keeping_name(LoginFault.UNREACHABLE)
