"""Addresses of source lines on the forges."""

from __future__ import annotations

import pytest

from pytest_ddci.context.source_pages import source_pages

SHA = "a" * 40


def page(url: str, path: str = "tests/test_x.py", forge: str | None = None) -> str | None:
    pages = source_pages(url, SHA, "/work/rocket", "/work/rocket", forge)
    return pages.page(path, 7) if pages else None


GITHUB = f"https://github.com/acme/rocket/blob/{SHA}/tests/test_x.py#L7"
AZURE = (
    f"https://dev.azure.com/acme/space/_git/rocket?path=/tests/test_x.py&version=GC{SHA}"
    "&line=7&lineEnd=7&lineStartColumn=1&lineEndColumn=1000"
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/rocket.git", GITHUB),
        ("https://github.com/acme/rocket/", GITHUB),
        ("git@github.com:acme/rocket.git", GITHUB),
        ("ssh://github.com:22/acme/rocket.git", GITHUB),
        ("ssh://git@ssh.github.com:443/acme/rocket.git", GITHUB),
        ("git+ssh://github.com/acme/rocket", GITHUB),
        ("https://github.acme.example/a/b", f"https://github.acme.example/a/b/blob/{SHA}/tests/test_x.py#L7"),
        ("https://gitlab.com/a/b/c.git", f"https://gitlab.com/a/b/c/-/blob/{SHA}/tests/test_x.py#L7"),
        ("http://gitlab.acme.example:8080/a/b", f"http://gitlab.acme.example:8080/a/b/-/blob/{SHA}/tests/test_x.py#L7"),
        ("git@bitbucket.org:a/b.git", f"https://bitbucket.org/a/b/src/{SHA}/tests/test_x.py#lines-7"),
        ("https://codeberg.org/a/b.git", f"https://codeberg.org/a/b/src/commit/{SHA}/tests/test_x.py#L7"),
        ("https://gitea.acme.example/a/b", f"https://gitea.acme.example/a/b/src/commit/{SHA}/tests/test_x.py#L7"),
        ("https://dev.azure.com/acme/space/_git/rocket", AZURE),
        ("git@ssh.dev.azure.com:v3/acme/space/rocket", AZURE),
    ],
)  # fmt: skip
def test_each_forge_has_its_form(url: str, expected: str) -> None:
    assert page(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://git.acme.example/a/b",
        "https://notgithub.com/a/b",
        "/srv/git/rocket",
        "file:///srv/git/rocket",
        "https://github.com/",
        "git@ssh.dev.azure.com:v3/acme/rocket",
        "https://dev.azure.com/acme/rocket",
        "nonsense",
        "",
    ],
)
def test_where_the_form_is_not_known_there_is_no_address(url: str) -> None:
    assert page(url) is None


def test_the_provider_may_know_the_forge_of_an_unknown_host() -> None:
    found = page("https://code.acme.example/a/b.git", forge="gitlab")

    assert found == f"https://code.acme.example/a/b/-/blob/{SHA}/tests/test_x.py#L7"
    assert page("https://code.acme.example/a/b.git", forge="unheard-of") is None


def test_a_path_is_quoted() -> None:
    found = page("https://github.com/acme/rocket", "tests/a b/täst#1?.py")

    assert found == f"https://github.com/acme/rocket/blob/{SHA}/tests/a%20b/t%C3%A4st%231%3F.py#L7"


def test_braces_in_a_path_are_only_characters() -> None:
    found = page("https://github.com/acme/rocket", "{line}.py")

    assert found == f"https://github.com/acme/rocket/blob/{SHA}/%7Bline%7D.py#L7"


def test_a_path_is_taken_from_the_root_of_the_checkout() -> None:
    pages = source_pages("https://github.com/a/b", SHA, "/work/b/python", "/work/b")
    assert pages is not None
    start = f"https://github.com/a/b/blob/{SHA}/"

    assert pages.page("tests/test_x.py", 1) == f"{start}python/tests/test_x.py#L1"
    assert pages.page("/work/b/python/t.py", 1) == f"{start}python/t.py#L1"
    assert pages.page("/work/b/other/t.py", 1) == f"{start}other/t.py#L1"
    assert pages.page("../other/t.py", 0) == f"{start}other/t.py#L1"


@pytest.mark.parametrize("path", ["/usr/lib/python3/t.py", "../../t.py", "../..", "..", "/work/bb"])
def test_a_file_outside_the_checkout_has_no_page(path: str) -> None:
    pages = source_pages("https://github.com/a/b", SHA, "/work/b/python", "/work/b")

    assert pages is not None
    assert pages.page(path, 1) is None


def test_a_run_outside_the_checkout_has_no_pages() -> None:
    assert source_pages("https://github.com/a/b", SHA, "/elsewhere", "/work/b") is None
