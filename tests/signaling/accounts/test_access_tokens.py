import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace
from typing import Any, NoReturn

import jwt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signaling.accounts.access_tokens import (
    CLOCK_SKEW,
    HEADER,
    KNOWN_TOKENS,
    LAST_SECOND,
    MAX_TOKEN_CHARACTERS,
    AccessTokens,
    Proof,
    key_id,
)
from signaling.errors import AuthenticationError

SECRET = b"a secret of the tests, 32 bytes or more"


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token, changed; None takes one away."""
    now = int(time.time())
    good = {"iss": "p2p-chat", "aud": "p2p-chat", "sub": "ann", "iat": now, "exp": now + 60, "jti": "1"}
    return {name: value for name, value in (good | changes).items() if value is not None}


def test_token_proves_account() -> None:
    """A token proves the account that it was issued for, for the life that it was given."""
    token = AccessTokens(SECRET, 3600).issue("ann")
    assert AccessTokens(SECRET, 3600).proof(token.text).account_id == "ann"
    assert 3590 <= token.expires_at - time.time() <= 3600


def test_token_tells_when_it_expires() -> None:
    """Until when a token is good can be asked of it, again and again; not of one that proves nothing."""
    tokens = AccessTokens(SECRET, 3600)
    token = tokens.issue("ann")
    assert [tokens.proof(token.text).expires_at for _ in range(2)] == [token.expires_at] * 2
    with pytest.raises(AuthenticationError):
        tokens.proof("nonsense")


def test_token_expires_no_later_than_can_be_told() -> None:
    """Somebody with our secret may sign any number."""
    tokens = AccessTokens(SECRET, 3600)
    assert tokens.proof(jwt.encode(claims(exp=10**30), SECRET)).expires_at == LAST_SECOND


def test_token_has_all_claims() -> None:
    """A token says by whom, for whom, for what, when, until when and which it is."""
    tokens = AccessTokens(SECRET, 3600)
    first, second = (jwt.decode(tokens.issue("ann").text, options={"verify_signature": False}) for _ in range(2))
    assert first.keys() == {"iss", "aud", "sub", "iat", "exp", "jti", "sid", "gen", "ver"}
    assert first["jti"] != second["jti"]


def test_token_made_by_hand_is_accepted() -> None:
    """The good claims of these tests are good: what is refused below is refused for its one change."""
    assert AccessTokens(SECRET, 60).proof(jwt.encode(claims(), SECRET)).account_id == "ann"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "someone-else"},
        {"aud": "another-app"},
        {"exp": int(time.time()) - 60},
        {"iat": int(time.time()) + 600},
        {"jti": 7},
        {"sub": 7},
        *({name: None} for name in ("iss", "aud", "sub", "iat", "exp", "jti")),
    ],
)
def test_token_with_wrong_claim_is_refused(changes: dict[str, Any]) -> None:
    """A claim that is wrong, over, early or missing makes a token worthless."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(jwt.encode(claims(**changes), SECRET))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_token_of_other_algorithm_is_refused(algorithm: str) -> None:
    """HS256 is the one algorithm, even where the secret is right."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET * 2, 60).proof(jwt.encode(claims(), SECRET * 2, algorithm=algorithm))


def test_unsigned_token_is_refused() -> None:
    """The algorithm "none" proves nothing."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(jwt.encode(claims(), "", algorithm="none"))


def test_token_of_other_secret_is_refused() -> None:
    """A token that someone else signed proves nothing."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(jwt.encode(claims(), SECRET + b"!"))


@given(st.text(max_size=60))
@example("\ud800")
def test_arbitrary_text_is_refused(text: str) -> None:
    """Whatever is handed over as a token is refused as one, and nothing else happens."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(text)


def segment(content: bytes) -> str:
    """Write a part of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(header: str, payload: str) -> str:
    """Sign two parts of a token, whatever they are, as anyone with the secret could."""
    mac = hmac.digest(SECRET, f"{header}.{payload}".encode(), hashlib.sha256)
    return f"{header}.{payload}.{segment(mac)}"


def spellings(token: str) -> list[str]:
    """Return other ways to write the bytes of a token, which lenient readers take for the same."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    signed_part, _, signature = token.rpartition(".")
    last = alphabet.index(signature[-1])
    return [
        token + "=",
        token + "==",
        token + "====",
        token + "\n",
        " " + token,
        f"{signed_part}.!{signature}",
        f"{signed_part}.{signature[:9]}\n{signature[9:]}",
        f"{signed_part}.{signature[:9]}={signature[9:]}",
        *(f"{signed_part}.{signature[:-1]}{alphabet[last + spare]}" for spare in (1, 2, 3)),
        token + "A",
        token + ".",
        token.replace(".", "..", 1),
    ]


def test_token_has_one_spelling() -> None:
    """A token with padding, blanks, other letters or spare bits is another text, and no token."""
    tokens = AccessTokens(SECRET, 60)
    token = tokens.issue("ann").text
    for spelling in spellings(token):
        with pytest.raises(AuthenticationError):
            tokens.proof(spelling)
    assert tokens._known == {}
    assert tokens.proof(token).account_id == "ann"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT", "alg": "HS256"},
        {"alg": "HS256"},
        {"alg": "hs256", "typ": "JWT"},
        {"alg": "HS256", "typ": "JWT", "kid": "1"},
        {"alg": "HS256", "typ": "JWT", "crit": ["exp"], "exp": 0},
        {"alg": "HS256", "typ": "JWT", "b64": False, "crit": ["b64"]},
        {"alg": "HS256", "typ": "JWT", "cty": "JWT"},
        {"alg": "HS256", "typ": "JWT", "zip": "DEF"},
        {"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": ""}},
    ],
)
def test_token_with_other_header_is_refused(header: dict[str, Any]) -> None:
    """Nothing can be chosen in a header: one that we do not write is refused, even where the secret is right."""
    payload = segment(json.dumps(claims()).encode())
    assert AccessTokens(SECRET, 60).proof(signed(HEADER, payload)).account_id == "ann"
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(signed(segment(json.dumps(header).encode()), payload))


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 300,
        b"[" * 5_000,
        b'{"a":' * 120,
        b'{"alg":"HS256","x":' + b"[" * 600,
        b'{"alg":"HS256","typ":"JWT","alg":"none"}',
        b"null",
        b"",
    ],
    ids=lambda header: header[:20].decode(),
)
def test_header_is_not_parsed(header: bytes) -> None:
    """A header of any depth, with a key twice or none, is refused before anything reads it."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(signed(segment(header), segment(json.dumps(claims()).encode())))


def test_longest_token_is_bounded() -> None:
    """Ours are far below the limit; what is over it is refused, even where the secret is right."""
    assert len(AccessTokens(SECRET, 60).issue("f" * 36).text) * 3 <= MAX_TOKEN_CHARACTERS
    token = jwt.encode(claims(more="x" * 700), SECRET)
    assert len(token) > MAX_TOKEN_CHARACTERS
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
CLAIMS = st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "sub", "sid", "gen", "ver"])


@given(st.dictionaries(CLAIMS, JSON, max_size=3))
@example({"exp": 10**400})
@example({"exp": float("inf")})
@example({"iat": []})
@example({"iat": float("inf")})
@example({"nbf": [[]]})
@example({"aud": [[]]})
@example({"exp": float("nan"), "nbf": None})
@example({"exp": "99_999_999_999"})
@example({"sub": "\ud800"})
@example({"sid": "\0"})
@example({"gen": 2**31 - 1})
def test_any_claims_are_judged(changes: dict[str, Any]) -> None:
    """Whatever stands in the claims of a token, it is refused, or is what the database can be asked for."""
    payload = segment(json.dumps(claims() | changes).encode())
    try:
        proof = AccessTokens(SECRET, 60).proof(signed(HEADER, payload))
    except AuthenticationError:
        return
    assert isinstance(proof.expires_at, int)
    assert f"{proof.account_id}{proof.login_id}".replace("-", "").encode("ascii").isalnum()
    assert 0 <= proof.version < 2**31 - 1
    assert 0 <= proof.generation < 2**31 - 1


@pytest.mark.parametrize("payload", [b"[" * 500, b'{"sub":' * 80, b"9" * 500, b"\xff", b"null", b"[]"])
def test_any_payload_is_judged(payload: bytes) -> None:
    """A payload of any depth and length is refused, and nothing else happens."""
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(signed(HEADER, segment(payload)))


def test_tokens_that_are_known_are_bounded() -> None:
    """However many tokens were shown, a limited number is remembered, and the others are checked again."""
    tokens = AccessTokens(SECRET, 60)
    first = tokens.issue("ann").text
    assert tokens.proof(first).account_id == "ann"
    for number in range(KNOWN_TOKENS):
        tokens.proof(tokens.issue(str(number)).text)
    assert len(tokens._known) == KNOWN_TOKENS
    assert first not in tokens._known
    assert tokens.proof(first).account_id == "ann"


def test_known_token_ends_too() -> None:
    """A token that has been found good is refused as soon as it has expired, the skew of clocks allowed for."""
    tokens = AccessTokens(SECRET, 60)
    token = jwt.encode(claims(exp=int(time.time()) - CLOCK_SKEW + 2), SECRET)
    assert tokens.proof(token).account_id == "ann"
    tokens._known[token] = replace(tokens._known[token], expires_at=int(time.time()) - CLOCK_SKEW)
    with pytest.raises(AuthenticationError):
        tokens.proof(token)
    assert token not in tokens._known


def test_token_is_refused_where_its_reader_recurses_too_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever library reads it, in whichever release."""

    def recurse(*_arguments: object, **_options: object) -> NoReturn:
        raise RecursionError

    token = AccessTokens(SECRET, 60).issue("ann").text
    monkeypatch.setattr(jwt, "decode", recurse)
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(token)


# Several secrets

OTHER = b"the secret that comes after the first one"


def test_token_says_of_which_login_it_is() -> None:
    """A login, how many times it was renewed, and the version of its account; one of earlier releases says nothing."""
    token = AccessTokens(SECRET, 60).issue("ann", "laptop", 7, 3)
    assert AccessTokens(SECRET, 60).proof(token.text) == Proof("ann", "laptop", 7, 3, token.expires_at)
    of_before = AccessTokens(SECRET, 60).proof(jwt.encode(claims(), SECRET))
    assert (of_before.login_id, of_before.generation, of_before.version) == ("", 0, 0)


@pytest.mark.parametrize(
    "changes", [{"sid": 7}, {"gen": "1"}, {"gen": -1}, {"gen": 2**31}, {"gen": 1.5}, {"ver": None}, {"ver": 10**400}]
)
def test_token_of_no_login_is_refused(changes: dict[str, Any]) -> None:
    """What could not stand in the database is refused before it is looked for there."""
    payload = segment(json.dumps(claims() | changes).encode())
    with pytest.raises(AuthenticationError):
        AccessTokens(SECRET, 60).proof(signed(HEADER, payload))


def test_tokens_of_both_secrets_are_good_while_it_is_changed() -> None:
    """Those of the secret before, with and without its name, and those of the one to come, at every process."""
    before, first, then, after = (
        AccessTokens(SECRET, 60),
        AccessTokens(SECRET, 60, [OTHER]),
        AccessTokens(OTHER, 60, [SECRET]),
        AccessTokens(OTHER, 60),
    )
    for issuer in (before, first, then, after):
        token = issuer.issue("ann").text
        assert first.proof(token).account_id == then.proof(token).account_id == "ann"
    for gone in (before.issue("ann"), first.issue("ann")):
        with pytest.raises(AuthenticationError):
            after.proof(gone.text)
    assert after.proof(then.issue("ann").text).account_id == "ann"


def test_token_names_its_key_where_there_are_several() -> None:
    """Each key has a name that does not give it away; a server with one writes tokens as every release reads them."""
    assert jwt.get_unverified_header(AccessTokens(SECRET, 60).issue("ann").text).keys() == {"alg", "typ"}
    header = jwt.get_unverified_header(AccessTokens(SECRET, 60, [OTHER]).issue("ann").text)
    assert header.keys() == {"alg", "typ", "kid"}
    assert header["kid"] == key_id(SECRET) != key_id(OTHER)


@pytest.mark.parametrize("kid", [key_id(OTHER), key_id(b"x" * 32), "", "../../etc/passwd", "' OR 1=1", 1, None])
def test_name_of_another_key_is_refused(kid: object) -> None:
    """Nothing is looked up by what stands there: a header is one of those that there are, or none."""
    tokens = AccessTokens(SECRET, 60, [OTHER])
    header = {"alg": "HS256", "kid": kid, "typ": "JWT"}
    payload = segment(json.dumps(claims()).encode())
    good = segment(json.dumps(header | {"kid": key_id(SECRET)}, separators=(",", ":")).encode())
    assert tokens.proof(signed(good, payload)).account_id == "ann"
    with pytest.raises(AuthenticationError):
        tokens.proof(signed(segment(json.dumps(header, separators=(",", ":")).encode()), payload))
