"""Which variables are taken for secret, and which texts because of them."""

from __future__ import annotations

import pytest

from pytest_ddci.redact import MARK, Redactor
from pytest_ddci.redaction.variables import secret_texts

VALUE = "zyx-4711-abc"


def texts(environ: dict[str, str], *names: str) -> list[str]:
    return list(secret_texts(environ, names))


@pytest.mark.parametrize(
    "name",
    [
        *("GITLAB_PAT", "SENTRY_DSN", "ID_JWT", "AZURE_SAS", "SLACK_WEBHOOK", "SESSION_COOKIE"),
        *("DB_CONNECTION_STRING", "SQL_CONNSTR", "BEARER", "URL_SIGNATURE", "my_token", "Api_Key"),
    ],
)
def test_a_telling_name_makes_a_value_secret(name: str) -> None:
    assert texts({name: VALUE}) == [VALUE]


@pytest.mark.parametrize("name", ["PATH", "PATIENT", "DISPATCH", "DESSERT", "SASSY", "COOK"])
def test_a_name_that_only_resembles_one_does_not(name: str) -> None:
    assert texts({name: VALUE}) == []


@pytest.mark.parametrize(
    "names", [("BUILD_ID",), ("build_id",), ("BUILD_*",), ("*_I?",), ("!BUILD_*", "BUILD_ID")]
)
def test_a_variable_that_the_user_names_is_secret(names: tuple[str, ...]) -> None:
    assert texts({"BUILD_ID": VALUE, "OTHER": VALUE[::-1]}, *names) == [VALUE]


def test_a_named_variable_may_hold_what_looks_harmless_but_not_too_little() -> None:
    environ = {"PIN": "4711", "WORD": "production", "HOME_OF": "/home/me/x", "SHORT": "abc"}
    assert texts(environ, "*") == ["4711", "production", "/home/me/x"]


@pytest.mark.parametrize("names", [("!AUTH_URL",), ("!*",), ("AUTH_*", "!AUTH_URL")])
def test_a_variable_behind_an_exclamation_mark_is_no_secret(names: tuple[str, ...]) -> None:
    environ = {"AUTH_URL": "https://user:hunter22@auth.example"}
    assert texts(environ, *names) == []


def test_our_own_keys_are_secret_whatever_they_are_and_whatever_is_said() -> None:
    environ = {"DD_API_KEY": "1234567", "DD_APP_KEY": "secret"}
    assert texts(environ, "!DD_*") == ["1234567", "secret"]


def test_every_line_of_a_value_is_secret_and_so_is_the_whole() -> None:
    value = "first-line-1\n  second-line-2  \n{\npassword"
    assert texts({"A_SECRET": value}) == [value, "first-line-1", "second-line-2"]


def test_the_lines_of_a_private_key_are_left_to_its_shape() -> None:
    value = "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END PRIVATE KEY-----"
    assert texts({"TLS_KEY": value}) == [value]


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("postgres://app:s3cret-pw@db:5432/x", ["s3cret-pw"]),
        ("postgres://app:s3%2Fcret@db", ["s3%2Fcret", "s3/cret"]),
        ("redis://:s3cret-pw@cache", ["s3cret-pw"]),
        ("https://0123456789abcdef0123456789abcdef@sentry.example/1", ["0123456789abcdef" * 2]),
        ("https://git@github.com/acme/x", []),
        ("https://postgres:postgres@db", []),
        ("https://host:8080/a@b", []),
    ],
)
def test_a_password_in_the_url_of_any_variable_is_secret(url: str, secret: list[str]) -> None:
    assert texts({"DATABASE": url}) == secret


def test_a_redactor_hides_what_the_names_say() -> None:
    hide = Redactor({"BUILD_ID": VALUE, "AUTH_URL": "https://x.example"}, (), ["build*", "!auth*"])
    assert hide(f"{VALUE} at https://x.example") == f"{MARK} at https://x.example"
