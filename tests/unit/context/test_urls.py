"""No user, password or token survives in an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.context.urls import has_host, page_url, repository_url


@pytest.mark.parametrize(
    ("given_url", "stored"),
    [
        ("https://github.com/acme/rocket.git", "https://github.com/acme/rocket.git"),
        ("https://ann@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("https://ann:s3cret@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("HTTPS://ann:s3cret@GitHub.com/acme/rocket", "HTTPS://GitHub.com/acme/rocket"),
        ("https://ann:s3/cr/et@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("https://ann:s3@cr/et@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("https://ann:1234/x@git.acme.example/rocket", "https://git.acme.example/rocket"),
        ("https://ann:s3?cr#et@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("https://to/ken@github.com/acme/rocket", "https://github.com/acme/rocket"),
        ("https://github.com/acme/rocket?token=s3cret", "https://github.com/acme/rocket"),
        ("https://github.com/acme/rocket#access_token=s3", "https://github.com/acme/rocket"),
        ("https://git.acme.example:8443/a/b@2.git", "https://git.acme.example:8443/a/b@2.git"),
        ("http://[::1]:3000/acme/rocket", "http://[::1]:3000/acme/rocket"),
        ("https://ann:s3@10.0.0.7:81/a/b_@_c.git", "https://10.0.0.7:81/a/b_@_c.git"),
        ("https://ann:s3@git.acme.example/a/b@c.git", "https://git.acme.example/a/b@c.git"),
        ("https://ann:s3@git.acme.example/a/b@v1.2", "https://git.acme.example/a/b@v1.2"),
        ("https://ann:s3@x/cr@10.0.0.7/acme/rocket", "https://10.0.0.7/acme/rocket"),
        ("ssh://ann@host.example:port/rocket/", "ssh://host.example:port/rocket/"),
        ("ssh://git@github.com/acme/rocket.git", "ssh://github.com/acme/rocket.git"),
        ("ssh://ann:s3cret@host.example:2222/rocket", "ssh://host.example:2222/rocket"),
        ("git+ssh://ann@host.example/rocket", "git+ssh://host.example/rocket"),
        ("//ann:s3cret@host.example/rocket", "//host.example/rocket"),
        ("git@github.com:acme/rocket.git", "git@github.com:acme/rocket.git"),
        ("ann@host.example:acme/rocket.git", "host.example:acme/rocket.git"),
        ("ann:s3cret@host.example:acme/rocket.git", "host.example:acme/rocket.git"),
        ("git@ann@host.example:acme/rocket.git", "host.example:acme/rocket.git"),
        ("host.example:acme/rocket@2.git", "host.example:acme/rocket@2.git"),
        ("ann:s3cret@github.com/acme/rocket.git", "github.com/acme/rocket.git"),
        ("host.ex:80/ann@x/rocket", "host.ex:80/ann@x/rocket"),
        ("ann:s3/cret@github.com/acme/rocket.git", "github.com/acme/rocket.git"),
        ("/srv/git/rocket@2.git", "/srv/git/rocket@2.git"),
        ("../rocket", "../rocket"),
        (r"C:\git\rocket", r"C:\git\rocket"),
        ("file:///srv/git/rocket.git", "file:///srv/git/rocket.git"),
        (" https://github.com/acme/rocket\nX: y", "https://github.com/acme/rocket"),
        ("", ""),
    ],
)
def test_a_repository_address_is_stored_without_its_user(given_url: str, stored: str) -> None:
    assert repository_url(given_url) == stored


@pytest.mark.parametrize(
    ("given_url", "stored"),
    [
        ("https://ci.example/x?buildId=7&view=logs", "https://ci.example/x?buildId=7&view=logs"),
        ("https://ci.example/x?buildId=7&token=abc", "https://ci.example/x?buildId=7"),
        ("https://ci.example/x?private_token=abc", "https://ci.example/x"),
        ("https://ci.example/x?a=1;sig=abc#top", "https://ci.example/x?a=1#top"),
        ("https://ci.example/x#access_token=abc", "https://ci.example/x"),
        ("https://ci.example/x#!/results/7", "https://ci.example/x#!/results/7"),
        ("https://ci.example/b/7#018f-tok", "https://ci.example/b/7#018f-tok"),
        ("https://ann:s3cret@ci.example/x?a=1", "https://ci.example/x?a=1"),
        ("https://ci.example/job/rocket@2/7/", "https://ci.example/job/rocket@2/7/"),
        ("https://ci.example/to?next=https://ann:s3@h/y", "https://ci.example/to?next=https://h/y"),
        ("/job/7", "/job/7"),
        ("ann:s3cret@ci.example/x", "ci.example/x"),
    ],
)
def test_a_page_keeps_what_addresses_it_and_loses_its_secrets(given_url: str, stored: str) -> None:
    assert page_url(given_url) == stored


def test_what_is_longer_than_an_address_is_none() -> None:
    url = "https://github.com/" + "a.@" * 100_000

    assert (repository_url(url), page_url(url)) == ("", "")


SECRET = st.text("abcXYZ019:@/?#%&=+.~!$'()*,;_-", min_size=1, max_size=12).map(
    lambda text: f"s3cret{text}s3cret"
)
HOST = st.sampled_from(["github.com", "git.acme.example", "git.acme.example:8443", "localhost:80"])
SCHEME = st.sampled_from(["https://", "HTTP://", "ssh://", "git+https://", "ftp://", "//"])


@given(SCHEME, st.sampled_from(["ann", "x-token-auth", "a.b"]), SECRET, HOST)
def test_no_password_survives_in_a_repository_address(
    scheme: str, user: str, secret: str, host: str
) -> None:
    stored = repository_url(f"{scheme}{user}:{secret}@{host}/acme/rocket.git")

    assert stored == f"{scheme}{host}/acme/rocket.git"


@given(SCHEME, SECRET, HOST)
def test_no_password_survives_in_a_page(scheme: str, secret: str, host: str) -> None:
    assert "s3cret" not in page_url(f"{scheme}ann:{secret}@{host}/job/7?id=7")


@given(st.sampled_from(["ann", "git", "token"]), SECRET)
def test_no_password_survives_in_a_scp_like_address(user: str, secret: str) -> None:
    assert "s3cret" not in repository_url(f"{user}:{secret}@host.example:acme/rocket.git")


@given(st.text())
def test_cleaning_an_address_twice_changes_nothing_more(text: str) -> None:
    once = repository_url(text)

    assert repository_url(once) == once


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/rocket.git", True),
        ("https://ann:s3cret@github.com/acme/rocket", True),
        ("ssh://git@host.example:22/rocket", True),
        ("git@github.com:acme/rocket.git", True),
        ("github.com:acme/rocket", True),
        ("https:///acme/rocket", False),
        ("https://github.com", False),
        ("acme/rocket", False),
        ("rocket", False),
        ("/srv/git/rocket", False),
        (r"C:\git\rocket", False),
        ("https://bad host/x", False),
    ],
)
def test_a_remote_address_names_a_host_and_a_path(url: str, *, expected: bool) -> None:
    assert has_host(url) is expected
