from __future__ import annotations

import pytest

from client_py.core.server.access_faults import AccessFault, LoginFault, ServerRefused
from client_py.ui.page import Page
from tests.client_py.ui.view_context import DIRECTLY, World


def submit(world: World, submitter: str = "sign-in") -> bool:
    """Submit the form, and tell whether the browser was kept from doing so itself."""
    return world.document.by_id("sign-in-form").fire("submit", submitter=submitter)


def fill(world: World, username: str, password: str) -> None:
    """Type name and password."""
    world.document.by_test_id("username").type(username)
    world.document.by_test_id("password").type(password)


def test_page_keeps_what_was_typed_before_it_took_over(world: World) -> None:
    """Python attaches to the form of index.html: the fields keep their values, and the very elements."""
    fill(world, "alice", "sec")
    field = world.document.by_test_id("password")
    page = Page(world.context, world.asked)
    page.show_sign_in(username="bob")
    assert world.document.by_test_id("username").value == "alice"
    assert world.document.by_test_id("password") is field
    assert field.value == "sec"


@pytest.mark.usefixtures("page")
def test_form_signs_in_with_whatever_is_not_empty(world: World) -> None:
    """The rules for new accounts do not bar the way to one that exists."""
    fill(world, " test ", "test")
    assert submit(world), "the browser must not submit the form itself"
    assert world.asked.calls == [("sign_in", "test", "test")]


@pytest.mark.usefixtures("page")
def test_form_registers_with_the_other_button(world: World) -> None:
    """The button that submitted the form says what is asked for."""
    fill(world, "alice", "correct horse ")
    submit(world, "register")
    assert world.asked.calls == [("register", "alice", "correct horse ")]


@pytest.mark.parametrize(
    ("submitter", "username", "password", "words"),
    [
        ("sign-in", "", "secret", "enter your username"),
        ("sign-in", "  ", "secret", "enter your username"),
        ("sign-in", "alice", "", "enter your password"),
        ("register", "", "correct horse", "enter your username"),
        ("register", "a", "correct horse", "2 to 32 characters"),
        ("register", "Iv\u0430n", "correct horse", "mixes letters or digits of several scripts"),
        ("register", "alice", "short", "at least 8 characters"),
    ],
)
@pytest.mark.usefixtures("page")
def test_form_says_what_is_missing(world: World, submitter: str, username: str, password: str, words: str) -> None:
    """What cannot succeed is not asked of the server."""
    fill(world, username, password)
    submit(world, submitter)
    assert world.asked.calls == []
    assert words in world.document.by_test_id("auth-error").text


@pytest.mark.usefixtures("page")
def test_form_takes_the_keyboard_to_the_empty_field(world: World) -> None:
    """After a submission without a password, the password can be typed at once."""
    fill(world, "alice", "")
    submit(world)
    assert world.document.focused is world.document.by_test_id("password")


def test_checking_locks_the_buttons(world: World, page: Page) -> None:
    """While name and password are being checked, they cannot be submitted again."""
    page.show_signing_in()
    status = world.document.by_test_id("status")
    assert (status.get("data-state"), status.text) == ("signing-in", "Signing in…")
    assert world.document.by_test_id("login").disabled
    assert world.document.by_test_id("register").disabled


def test_error_lets_the_person_try_again(world: World, page: Page) -> None:
    """A refusal is said in words, and leaves name, password and buttons as they were."""
    fill(world, "alice", "wrong")
    page.show_signing_in()
    page.show_access_fault(ServerRefused("invalid_credentials"))
    assert world.document.by_test_id("auth-error").text == "The username or the password is wrong."
    assert world.document.by_test_id("status").get("data-state") == "signed-out"
    assert not world.document.by_test_id("login").disabled
    assert world.document.by_test_id("password").value == "wrong"
    assert world.document.focused is world.document.by_test_id("password")


def test_new_attempt_clears_the_error(world: World, page: Page) -> None:
    """An old reason does not stand beside a new attempt."""
    page.show_access_fault(LoginFault.UNREACHABLE)
    page.show_signing_in()
    assert world.document.by_test_id("auth-error").text == ""


def test_notice_shows_only_where_there_is_one(world: World, page: Page) -> None:
    """Why the form is there is said once, and not kept for the next time."""
    notice = world.document.by_id("sign-in-notice")
    assert not notice.is_shown()
    page.show_sign_in(LoginFault.EXPIRED, "alice")
    assert notice.is_shown()
    assert notice.text == "Your login has expired. Please sign in again."
    assert world.document.by_test_id("username").value == "alice"
    page.show_sign_in()
    assert not notice.is_shown()


def test_password_is_forgotten_once_it_has_served(world: World, page: Page) -> None:
    """Signing out leaves the name in the form, and no password."""
    fill(world, "alice", "secret")
    page.show_start("alice", DIRECTLY)
    page.show_sign_in()
    assert world.document.by_test_id("username").value == "alice"
    assert world.document.by_test_id("password").value == ""
    assert world.document.focused is world.document.by_test_id("password")


def test_form_shows_again_where_a_kept_login_proves_worthless(world: World, page: Page) -> None:
    """The card that only waits gives way to the form, and the form takes the keyboard."""
    world.document.root().set("data-signed-in", "")
    page.show_sign_in(LoginFault.EXPIRED)
    assert world.document.root().get("data-signed-in") is None
    assert world.document.focused is world.document.by_test_id("username")


@pytest.mark.usefixtures("page")
def test_form_can_never_put_a_password_into_an_address(world: World) -> None:
    """Without a listener, a browser submits a form with this method nowhere."""
    assert world.document.by_id("sign-in-form").get("method") == "dialog"


@pytest.mark.parametrize(
    ("fault", "faulty"),
    [
        (ServerRefused("invalid_credentials"), "password"),
        (ServerRefused("account_exists"), "username"),
        (ServerRefused("similar_account_exists"), "username"),
        (ServerRefused("reserved_username"), "username"),
        (LoginFault.UNREACHABLE, "password"),
    ],
)
def test_fault_is_shown_at_the_field_that_it_is_about(
    world: World, page: Page, fault: AccessFault, faulty: str
) -> None:
    """The keyboard is there, and the mark goes as soon as something is mended."""
    page.show_access_fault(fault)
    fields = {name: world.document.by_test_id(name) for name in ("username", "password")}
    assert world.document.focused is fields[faulty]
    assert [name for name, field in fields.items() if field.get("aria-invalid")] == [faulty]
    fields[faulty].type("mended")
    assert [name for name, field in fields.items() if field.get("aria-invalid")] == []


@pytest.mark.usefixtures("page")
def test_fault_of_a_new_password_takes_the_keyboard_there(world: World) -> None:
    """What is too short can be lengthened at once."""
    fill(world, "alice", "short")
    submit(world, "register")
    assert world.document.focused is world.document.by_test_id("password")
    assert world.document.by_test_id("password").get("aria-invalid") == "true"
