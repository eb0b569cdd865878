import pytest

from signaling.accounts.login_limits import Caller, LoginLimits
from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.errors import RateLimited
from signaling.rate_limits.rate_counters import RateCounters

HOME, SHOP = "203.0.113.1", "203.0.113.2"
LAPTOP = Caller(HOME, "laptop")


@pytest.fixture
def limits() -> LoginLimits:
    """Login limits of which each is reached after a few, and no two after as many."""
    return LoginLimits(
        Settings(
            login_limit=read_limit("9/minute"),
            login_failures_limit=read_limit("2/minute"),
            login_failures_by_address_limit=read_limit("4/minute"),
            login_failures_by_name_limit=read_limit("6/minute"),
        ),
        RateCounters(),
    )


async def fail(limits: LoginLimits, name: str, caller: Caller | str, times: int) -> None:
    """Log in wrongly."""
    caller = Caller(caller) if isinstance(caller, str) else caller
    for _ in range(times):
        await limits.check_failures(name, caller)
        await limits.count_failure(name, caller)


async def test_attempts_are_limited_by_address(limits: LoginLimits) -> None:
    """An address may try so often, and each address by itself."""
    for _ in range(9):
        await limits.admit_attempt("ann", Caller(HOME))
    with pytest.raises(RateLimited) as caught:
        await limits.admit_attempt("ann", Caller(HOME))
    assert 1 <= caught.value.retry_after <= 60
    await limits.admit_attempt("ann", Caller(SHOP))


async def test_failures_are_limited_by_name_and_address(limits: LoginLimits) -> None:
    """Who guessed wrong too often at one name and one address has to wait; others there do not."""
    await fail(limits, "ann", HOME, 2)
    with pytest.raises(RateLimited) as caught:
        await limits.check_failures("ann", Caller(HOME))
    assert 1 <= caught.value.retry_after <= 60
    await limits.check_failures("ben", Caller(HOME))
    await limits.check_failures("ann", Caller(SHOP))


async def test_failures_are_limited_by_address(limits: LoginLimits) -> None:
    """One address cannot guess at many names."""
    await fail(limits, "ann", HOME, 2)
    await fail(limits, "ben", HOME, 2)
    with pytest.raises(RateLimited):
        await limits.check_failures("cat", Caller(HOME))


async def test_failures_are_limited_by_name(limits: LoginLimits) -> None:
    """Many addresses cannot share the guessing at one name."""
    for number in range(3):
        await fail(limits, "ann", f"198.51.100.{number}", 2)
    with pytest.raises(RateLimited):
        await limits.check_failures("ann", Caller(SHOP))
    await limits.check_failures("ben", Caller(SHOP))


async def test_strangers_lock_nobody_out_at_home(limits: LoginLimits) -> None:
    """Where someone has logged in before, others' failures elsewhere do not count."""
    await limits.remember_success("ann", Caller(HOME))
    for number in range(3):
        await fail(limits, "ann", f"198.51.100.{number}", 2)
    await limits.check_failures("ann", Caller(HOME))
    await fail(limits, "ann", HOME, 2)
    with pytest.raises(RateLimited):
        await limits.check_failures("ann", Caller(HOME))


async def test_device_is_out_of_others_reach(limits: LoginLimits) -> None:
    """Where the name has logged in before, nothing counts that others did at the same address or to the same name."""
    await limits.remember_success("ann", Caller(HOME))
    for _ in range(9):
        await limits.admit_attempt("ben", Caller(HOME))
    await fail(limits, "ann", HOME, 2)
    await fail(limits, "ben", HOME, 2)
    for number in range(2):
        await fail(limits, "ann", f"198.51.100.{number}", 2)
    with pytest.raises(RateLimited):
        await limits.admit_attempt("ann", Caller(HOME))
    for caller in (Caller(HOME), Caller(SHOP)):
        with pytest.raises(RateLimited):
            await limits.check_failures("ann", caller)
    await limits.admit_attempt("ann", LAPTOP)
    await limits.check_failures("ann", LAPTOP)


async def test_name_may_be_written_as_an_address(limits: LoginLimits) -> None:
    """Who tries much from there uses up nothing of the name's."""
    for _ in range(9):
        await limits.admit_attempt("ben", Caller(HOME))
    await limits.admit_attempt(HOME, LAPTOP)


async def test_failures_are_limited_by_device(limits: LoginLimits) -> None:
    """A device has as many wrong tries as an address has, and leaves those of the address and the name alone."""
    await fail(limits, "ann", LAPTOP, 2)
    with pytest.raises(RateLimited) as caught:
        await limits.check_failures("ann", LAPTOP)
    assert 1 <= caught.value.retry_after <= 60
    await limits.check_failures("ann", Caller(HOME, "phone"))
    for number in range(4):
        await fail(limits, "ann", Caller(HOME, f"tablet {number}"), 2)
    await limits.check_failures("ann", Caller(HOME))


async def test_attempts_on_devices_are_limited_by_name(limits: LoginLimits) -> None:
    """Somebody with many marks, by logging in many times, has no more attempts than with one."""
    for number in range(9):
        await limits.admit_attempt("ann", Caller(HOME, f"device {number}"))
    with pytest.raises(RateLimited):
        await limits.admit_attempt("ann", LAPTOP)
    await limits.admit_attempt("ben", Caller(HOME, "his"))
    await limits.admit_attempt("ann", Caller(HOME))
