import pytest

from signaling.base_paths import normal_base_path, own_path

TOPS = frozenset({"", "chat", "assets", "ws", "healthz"})


@pytest.mark.parametrize(
    ("text", "path"),
    [("", "/"), ("/", "/"), ("chat-app", "/chat-app/"), ("/a/b.c", "/a/b.c/"), ("/A_~b/", "/A_~b/")],
)
def test_base_path_has_slashes_at_both_ends(text: str, path: str) -> None:
    """However it was typed."""
    assert normal_base_path(text) == path


@pytest.mark.parametrize("text", ["/a b/", "/../", "/a//b/", "/.hidden/", "/é/", "/a?b", "/%2e/", "/a;b/", "/a\nb/"])
def test_other_path_is_none(text: str) -> None:
    """What browsers or proxies would write in another way never matches."""
    assert normal_base_path(text) is None


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/chat-app/", "/"),
        ("/chat-app/chat/kitchen", "/chat/kitchen"),
        ("/chat-app/ws", "/ws"),
        ("/", "/"),
        ("/chat/kitchen", "/chat/kitchen"),
        ("/chat-app/nothing", "/chat-app/nothing"),
        ("/chat-app-too/ws", "/chat-app-too/ws"),
        ("/chat-app//ws", "//ws"),
    ],
)
def test_path_means_the_same_with_base_and_without(path: str, own: str) -> None:
    """Whether the proxy passes the base on or takes it away; what is neither stays what it was."""
    assert own_path(path, "/chat-app/", TOPS) == own


@pytest.mark.parametrize(
    ("path", "own"), [("/chat/", "/"), ("/chat/chat/kitchen", "/chat/kitchen"), ("/chat/kitchen", "/chat/kitchen")]
)
def test_base_may_be_called_like_a_path_of_our_own(path: str, own: str) -> None:
    """A site at `/chat/` has rooms at `/chat/chat/…`, which come as `/chat/…` where the proxy takes the base away."""
    assert own_path(path, "/chat/", TOPS) == own
