import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import bcrypt
import pytest

from signaling.accounts.access_tokens import AccessTokens
from signaling.accounts.authenticator import Authenticator
from signaling.accounts.device_marks import DeviceMarks
from signaling.accounts.login_limits import LoginLimits
from signaling.accounts.logins import Logins
from signaling.accounts.passwords import PLACES, Passwords
from signaling.accounts.store import Account, Accounts
from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.errors import (
    AccountExists,
    AuthenticationError,
    DatabaseUnavailable,
    InvalidCredentials,
    InvalidPassword,
    InvalidUsername,
    RateLimited,
)
from signaling.rate_limits.fair_queue import Admit, Refuse, Share, Ticket
from signaling.rate_limits.rate_counters import RateCounters
from signaling.rate_limits.rate_limit import registration_limit
from signaling.storage.database import Database, sqlite_url

SECRET = b"a secret of the tests, 32 bytes or more"
HOME = "203.0.113.1"
ELSEWHERE = "198.51.100.1"
LOCAL = "127.0.0.1"
PASSWORD = "correct horse"


class CountedBcrypt:
    """bcrypt's comparison, and how often it ran."""

    runs = work = 0

    def check(self, password: bytes, hashed: bytes) -> bool:
        """Compare, and count."""
        self.runs += 1
        self.work += 2 ** int(hashed[4:6])
        return bcrypt.checkpw(password, hashed)


@pytest.fixture
def counted() -> CountedBcrypt:
    """The comparison that the authenticator of this test makes."""
    return CountedBcrypt()


@pytest.fixture
async def authenticator(tmp_path: Path, counted: CountedBcrypt) -> AsyncIterator[Authenticator]:
    """A door with few tries, to a database with a demo account."""
    database = Database(sqlite_url(tmp_path / "accounts.sqlite3"))
    await database.open()
    settings = replace(Settings(), login_failures_limit=read_limit("5/minute"), register_limit=read_limit("9/hour"))
    accounts = Accounts(database, with_demo=True)
    yield Authenticator(
        accounts,
        Passwords(4, counted.check),
        Logins(database, accounts, AccessTokens(SECRET, 60)),
        DeviceMarks(SECRET),
        LoginLimits(settings, RateCounters()),
        registration_limit(settings, RateCounters()),
    )
    await database.close()


async def test_registered_account_logs_in(authenticator: Authenticator) -> None:
    """Who has registered gets in with the same password, whatever the case of the name."""
    registered = await authenticator.register("Ann", PASSWORD, HOME)
    assert (await authenticator.log_in("aNN", PASSWORD, HOME)).account == registered.account


async def test_token_leads_back_to_account(authenticator: Authenticator) -> None:
    """The token of an account proves it, as long as the account exists."""
    account = (await authenticator.register("Ann", PASSWORD, HOME)).account
    token = await authenticator.logins.begin(account, "a test")
    assert await authenticator.account_of(token.text) == account


async def test_token_of_vanished_account_proves_nothing(authenticator: Authenticator) -> None:
    """A token that is in order, of an account that is gone, opens nothing."""
    token = AccessTokens(SECRET, 60).issue("an-account-that-was-deleted").text
    with pytest.raises(AuthenticationError):
        await authenticator.account_of(token)


async def test_bad_registration_is_refused(authenticator: Authenticator) -> None:
    """A name or a password that may not be is refused, and so is a name that is taken."""
    with pytest.raises(InvalidUsername, match="letters and digits of one script"):
        await authenticator.register("a b", PASSWORD, HOME)
    with pytest.raises(InvalidPassword, match="at least 8"):
        await authenticator.register("Ann", "short", HOME)
    await authenticator.register("Ann", PASSWORD, HOME)
    with pytest.raises(AccountExists):
        await authenticator.register("ANN", PASSWORD, HOME)


async def test_registrations_are_limited(authenticator: Authenticator) -> None:
    """One address makes a limited number of accounts; what was refused for its form does not count."""
    with pytest.raises(InvalidPassword):
        await authenticator.register("Ann", "short", HOME)
    for number in range(9):
        await authenticator.register(f"user-{number}", PASSWORD, HOME)
    with pytest.raises(RateLimited):
        await authenticator.register("one-more", PASSWORD, HOME)


@pytest.mark.parametrize(
    ("username", "password"),
    [("Ann", "wrong horse"), ("Nobody", PASSWORD), ("no name", PASSWORD), ("", ""), ("Ann", "x" * 73), ("Ann", "\0")],
)
async def test_every_wrong_login_costs_one_bcrypt(
    authenticator: Authenticator, counted: CountedBcrypt, username: str, password: str
) -> None:
    """An unknown name is answered like a wrong password, after the same work."""
    await authenticator.register("Ann", PASSWORD, HOME)
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in(username, password, HOME)
    assert counted.runs == 1


@pytest.mark.parametrize("username", ["Ann", "Ben", "Nobody", "no name", "test", "Old"])
@pytest.mark.parametrize("password", ["wrong horse", "test", "wrong cafe\u0301"])
async def test_failure_costs_the_same_for_all(
    authenticator: Authenticator, counted: CountedBcrypt, username: str, password: str
) -> None:
    """The time that a failed login takes tells neither whether there is an account, nor how old its hash is."""
    await authenticator.seed_demo()
    await authenticator.register("Ann", PASSWORD, HOME)
    await authenticator.accounts.add("Ben", await Passwords(6).hash(PASSWORD))
    await authenticator.accounts.add("Old", "not a hash of bcrypt")
    await authenticator.open()
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in(username, password, HOME)
    assert counted.work == 2**6 * (1 if password.isascii() else 2)


async def test_hash_is_made_again_when_its_cost_has_changed(authenticator: Authenticator) -> None:
    """A right password gets a hash as it would have today, and the browser a mark that goes with it; once."""
    before = await authenticator.accounts.add("Ann", await Passwords(5).hash(PASSWORD))
    mark = (await authenticator.log_in("Ann", PASSWORD, HOME)).device_mark
    after = await authenticator.accounts.by_name("Ann")
    assert after is not None
    assert (after.id, after.password_hash[:7]) == (before.id, "$2b$04$")
    await lock_out(authenticator, "Ann", HOME)
    assert (await authenticator.log_in("Ann", PASSWORD, HOME, [mark])).account == after


async def test_password_of_earlier_releases_gets_its_one_form(authenticator: Authenticator) -> None:
    """Hashed as it was typed, it works as it was typed, and from then on in every way of typing it."""
    typed = "pass\u00a0cafe\u0301"
    hashed = bcrypt.hashpw(typed.encode(), bcrypt.gensalt(4)).decode()
    await authenticator.accounts.add("Ann", hashed)
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in("Ann", "pass café", HOME)
    for password in (typed, "pass café"):
        assert (await authenticator.log_in("Ann", password, HOME)).account.username == "Ann"


class FailingStore(Accounts):
    """Accounts whose database fails to write, or keeps everybody waiting who asks."""

    is_frozen = False
    asked = 0

    async def by_name(self, username: str) -> Account | None:
        """Look for a name, or wait until everything ends."""
        self.asked += 1
        if self.is_frozen:
            await asyncio.Event().wait()
        return await super().by_name(username)

    async def replace_hash(self, *_: object) -> Account:
        """Fail."""
        raise DatabaseUnavailable


async def test_right_password_is_right_where_its_hash_cannot_be_replaced(authenticator: Authenticator) -> None:
    """A database that does not take it now takes it at another login."""
    store = FailingStore(authenticator.accounts._database, with_demo=True)
    account = await store.add("Ann", await Passwords(5).hash(PASSWORD))
    assert (await replace(authenticator, accounts=store).log_in("Ann", PASSWORD, HOME)).account == account


async def test_who_waits_for_the_database_has_no_turn_of_bcrypt(authenticator: Authenticator) -> None:
    """However many it keeps waiting, all of them are asking it, and the turns are free for everyone else."""
    store = FailingStore(authenticator.accounts._database, with_demo=True)
    store.is_frozen = True
    frozen = replace(authenticator, accounts=store)
    logins = [asyncio.create_task(frozen.log_in("Ann", PASSWORD, f"203.0.113.{number}")) for number in range(99)]
    while store.asked < len(logins) and not any(login.done() for login in logins):  # noqa: ASYNC110 - soon
        await asyncio.sleep(0)
    assert store.asked == len(logins)
    async with authenticator.passwords.turn(("stranger", "a", "a")):
        assert len(authenticator.passwords._queue._served) == 1
    for login in logins:
        login.cancel()
    await asyncio.wait(logins)


async def test_database_is_not_asked_for_who_would_be_sent_away(authenticator: Authenticator) -> None:
    """Where too many wait for bcrypt already, one more costs nothing."""
    store = FailingStore(authenticator.accounts._database, with_demo=True)

    def is_full_for(share: Share) -> bool:
        return share == ("stranger", HOME, HOME)

    authenticator.passwords._queue.is_full_for = is_full_for  # type: ignore[method-assign]
    with pytest.raises(RateLimited):
        await replace(authenticator, accounts=store).log_in("Ann", PASSWORD, HOME)
    assert store.asked == 0


async def test_refused_login_costs_no_bcrypt(authenticator: Authenticator, counted: CountedBcrypt) -> None:
    """After too many failures not even the right password is looked at."""
    await authenticator.register("Ann", PASSWORD, HOME)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await authenticator.log_in("Ann", "wrong horse", HOME)
    with pytest.raises(RateLimited):
        await authenticator.log_in("Ann", PASSWORD, HOME)
    assert counted.runs == 5


async def test_right_passwords_are_not_limited(authenticator: Authenticator) -> None:
    """Logging in correctly uses up nothing that failures are counted with."""
    await authenticator.register("Ann", PASSWORD, HOME)
    for _ in range(12):
        await authenticator.log_in("Ann", PASSWORD, HOME)


async def test_guesses_at_once_are_limited(authenticator: Authenticator, counted: CountedBcrypt) -> None:
    """Many guesses at the same time get no further than the same number one after the other."""
    await authenticator.register("Ann", PASSWORD, HOME)
    guesses = (authenticator.log_in("Ann", f"guess {number}", HOME) for number in range(40))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {InvalidCredentials, RateLimited}
    assert counted.runs < 5 + PLACES


async def lock_out(authenticator: Authenticator, name: str, host: str) -> None:
    """Use up the tries of a name at an address."""
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await authenticator.log_in(name, "wrong horse", host)
    with pytest.raises(RateLimited):
        await authenticator.log_in(name, PASSWORD, host)


async def test_device_logs_in_where_its_address_is_locked_out(authenticator: Authenticator) -> None:
    """Someone at the victim's own address cannot keep out a browser that has logged in before, and does others."""
    mark = (await authenticator.register("Ann", PASSWORD, HOME)).device_mark
    await lock_out(authenticator, "Ann", HOME)
    renewed = await authenticator.log_in("aNN", PASSWORD, HOME, [mark])
    assert (
        await authenticator.log_in("Ann", PASSWORD, HOME, ["no mark", renewed.device_mark])
    ).account.username == "Ann"


async def test_device_keeps_its_id_and_others_have_theirs(authenticator: Authenticator) -> None:
    """A mark is renewed for the same device; a browser without one becomes another device."""
    mark = (await authenticator.register("Ann", PASSWORD, HOME)).device_mark
    same = (await authenticator.log_in("Ann", PASSWORD, HOME, [mark])).device_mark
    other = (await authenticator.log_in("Ann", PASSWORD, HOME)).device_mark
    assert same.partition(".")[0] == mark.partition(".")[0] != other.partition(".")[0]


async def test_guesses_on_a_device_are_limited(authenticator: Authenticator, counted: CountedBcrypt) -> None:
    """A thief of a mark from someone's browser guesses no faster than at any address."""
    mark = (await authenticator.register("Ann", PASSWORD, HOME)).device_mark
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            await authenticator.log_in("Ann", "wrong horse", HOME, [mark])
    with pytest.raises(RateLimited):
        await authenticator.log_in("Ann", PASSWORD, HOME, [mark])
    assert counted.runs == 5
    await authenticator.log_in("Ann", PASSWORD, HOME)


async def test_mark_of_another_counts_as_none(authenticator: Authenticator) -> None:
    """With the marks of one's own account there is nothing to be had at another's, nor with those of another server."""
    own = (await authenticator.register("Mallory", PASSWORD, HOME)).device_mark
    account = (await authenticator.register("Ann", PASSWORD, HOME)).account
    foreign = DeviceMarks(SECRET + b"!").issue("ann", account.id, account.password_hash, "0" * 16, time.time())
    await lock_out(authenticator, "Ann", HOME)
    for mark in (own, foreign):
        with pytest.raises(RateLimited):
            await authenticator.log_in("Ann", PASSWORD, HOME, [mark])


async def test_mark_of_former_password_counts_as_none(authenticator: Authenticator) -> None:
    """A mark from before the password was changed is no mark, and such attempts count at the address as well."""
    account = (await authenticator.register("Ann", PASSWORD, HOME)).account
    former = authenticator.marks.issue("ann", account.id, "$2b$04$former", "0" * 16, time.time())
    await lock_out(authenticator, "Ann", HOME)
    with pytest.raises(RateLimited):
        await authenticator.log_in("Ann", PASSWORD, HOME, [former])
    renewed = (await authenticator.log_in("Ann", PASSWORD, ELSEWHERE, [former])).device_mark
    assert renewed.partition(".")[0] != "0" * 16


async def test_attempts_with_marks_that_are_no_good_are_limited(tmp_path: Path, counted: CountedBcrypt) -> None:
    """Marks of a former password do not lead past the limit on attempts at an address."""
    database = Database(sqlite_url(tmp_path / "accounts.sqlite3"))
    await database.open()
    settings = replace(Settings(), login_limit=read_limit("3/minute"))
    limits = LoginLimits(settings, RateCounters())
    accounts = Accounts(database, with_demo=False)
    authenticator = Authenticator(
        accounts,
        Passwords(4, counted.check),
        Logins(database, accounts, AccessTokens(SECRET, 60)),
        DeviceMarks(SECRET),
        limits,
        registration_limit(settings, RateCounters()),
    )
    account = (await authenticator.register("Ann", PASSWORD, HOME)).account
    former = authenticator.marks.issue("ann", account.id, "$2b$04$former", "0" * 16, time.time())
    for _ in range(3):
        await authenticator.log_in("Ann", PASSWORD, HOME, [former])
    with pytest.raises(RateLimited):
        await authenticator.log_in("Ben", PASSWORD, HOME)
    await database.close()


@pytest.mark.parametrize("account_id", ["", "of the account that had the name before"])
async def test_former_marks_use_up_nothing_of_a_device(authenticator: Authenticator, account_id: str) -> None:
    """Who knew a former password, or had the name before, cannot lock a browser out that has logged in since."""
    registered = await authenticator.register("Ann", PASSWORD, HOME)
    former = authenticator.marks.issue(
        "ann", account_id or registered.account.id, "$2b$04$former", "0" * 16, time.time()
    )
    for number in range(100):
        with contextlib.suppress(RateLimited):
            await authenticator.log_in("Ann", PASSWORD, f"198.51.100.{number}", [former])
    await authenticator.log_in("Ann", PASSWORD, HOME, [registered.device_mark])


@pytest.mark.parametrize("name", ["Ann", "Nobody", "no name"])
async def test_wrong_login_with_mark_costs_one_bcrypt(
    authenticator: Authenticator, counted: CountedBcrypt, name: str
) -> None:
    """Names that exist and names that do not are alike where marks are shown too."""
    mark = (await authenticator.register("Ann", PASSWORD, HOME)).device_mark
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in(name, "wrong horse", HOME, [mark])
    assert counted.runs == 1


async def test_turns_are_counted_to_who_asks(authenticator: Authenticator) -> None:
    """Strangers have the turns of their network and site, whatever they do; devices have those of their account."""
    shares = []
    arrived = authenticator.passwords._queue.arrived

    def note(ticket: Ticket) -> list[Admit | Refuse]:
        shares.append(ticket.share)
        return arrived(ticket)

    authenticator.passwords._queue.arrived = note  # type: ignore[method-assign]
    mark = (await authenticator.register("Ann", PASSWORD, "2001:db8:1:2::3")).device_mark
    await authenticator.log_in("Ann", PASSWORD, HOME)
    await authenticator.log_in("Ann", PASSWORD, HOME, [mark])
    assert shares == [
        ("stranger", "2001:db8:1::", "2001:db8:1:2::"),
        ("stranger", HOME, HOME),
        ("device", "ann", mark.partition(".")[0]),
    ]


async def test_demo_accounts_are_made_once(authenticator: Authenticator) -> None:
    """Two demo accounts are there after the first start, and after the second."""
    assert await authenticator.seed_demo() == []
    assert await authenticator.seed_demo() == []
    accounts = [(await authenticator.log_in(name, name, LOCAL)).account for name in ("test", "demo")]
    assert all(account.is_demo for account in accounts)


async def test_demo_account_that_is_missing_is_added(authenticator: Authenticator) -> None:
    """A database of a release that had one demo account gets the other."""
    await authenticator.accounts.add("test", await authenticator.passwords.hash("as before"), is_demo=True)
    assert await authenticator.seed_demo() == []
    assert (await authenticator.log_in("demo", "demo", LOCAL)).account.is_demo
    assert (await authenticator.log_in("test", "as before", LOCAL)).account.is_demo


async def test_demo_account_is_not_made_of_someones(authenticator: Authenticator) -> None:
    """Where someone has its name, a demo account does not exist, and their password stays theirs; the other does."""
    await authenticator.register("Test", PASSWORD, HOME)
    assert await authenticator.seed_demo() == ["test"]
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in("test", "test", LOCAL)
    assert (await authenticator.log_in("demo", "demo", LOCAL)).account.is_demo


@pytest.mark.parametrize("host", [HOME, "192.168.1.7", None])
async def test_demo_account_is_for_this_machine(authenticator: Authenticator, host: str | None) -> None:
    """Through a proxy that publishes a development server, the demo account does not get in."""
    await authenticator.seed_demo()
    with pytest.raises(InvalidCredentials):
        await authenticator.log_in("test", "test", host)
