from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.errors import ConfigError
from pytest_ddci.redact import MARK, SHORTEST, Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
KEY_LINE = "MIIEowIBAAKCAQEAx3k7V0fQ2+9z/" * 2
BLOCK = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    f"{KEY_LINE}\n{KEY_LINE}\n/short==\n"
    "-----END RSA PRIVATE KEY-----"
)
HEX32 = "0123456789abcdef0123456789abcdef"
SHA = "0123456789abcdef0123456789abcdef01234567"

redact = Redactor({})


@pytest.mark.parametrize(
    "name",
    [
        "SSH_KEY",
        "APIKEY",
        "AWS_ACCESS_KEY_ID",
        "GH_TOKEN",
        "client_secret",
        "DB_PASSWORD",
        "MYSQL_PASSWD",
        "DB_PASS",
        "GPG_PASSPHRASE",
        "MYSQL_PWD",
        "CREDENTIALS",
        "PRIVATE_DATA",
        "AUTHORIZATION",
        "BASIC_AUTH",
    ],
)
def test_the_value_of_a_variable_with_a_telling_name_is_hidden(name: str) -> None:
    assert Redactor({name: "hunter22"})("a hunter22 b") == f"a {MARK} b"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("API_TOKEN", "abcde", id="short"),
        pytest.param("USE_TOKEN", "Disabled", id="a word"),
        pytest.param("TOKEN_LIFE", "86400000", id="a number"),
        pytest.param("GIT_AUTHOR_NAME", "Grace Hopper", id="an author"),
        pytest.param("KEYBOARD", "dvorak-x", id="no key"),
        pytest.param("PWD", "somewhere", id="the working directory"),
        pytest.param("SSH_AUTH_SOCK", "agent.4711", id="where it is"),
        pytest.param("CREDENTIALS", "/home/me/creds.json", id="a path"),
        pytest.param("PRIVATE_STORE", "C:\\keys\\store", id="a Windows path"),
        pytest.param("AUTH_MODE", "kerberos", id="how it is done"),
        pytest.param("PATH_TO_ROME", "allroads", id="another name"),
    ],
)
def test_the_value_of_a_variable_that_is_no_secret_stays(name: str, value: str) -> None:
    text = f"before {value} after"

    assert Redactor({name: value})(text) == text


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param("pa/s s\"w'\n1", id="as it is"),
        pytest.param(repr("pa/s s\"w'\n1")[1:-1], id="in a repr"),
        pytest.param("pa/s s\\\"w'\\n1", id="in JSON"),
        pytest.param("pa%2Fs%20s%22w%27%0A1", id="in a URL"),
    ],
)
def test_a_value_is_found_as_python_json_and_urls_show_it(shown: str) -> None:
    assert Redactor({"X_SECRET": "pa/s s\"w'\n1\n"})(f"<{shown}>") == f"<{MARK}>"


def test_a_value_within_another_leaves_nothing_of_the_longer_one() -> None:
    hide = Redactor({"A_TOKEN": "abcdef", "B_TOKEN": "abcdefghijkl"})

    assert hide("x abcdefghijkl y abcdef z") == f"x {MARK} y {MARK} z"


def test_values_that_overlap_become_one_mark() -> None:
    assert Redactor({"A_TOKEN": "abcdef", "B_TOKEN": "defghi"})("1abcdefghi2") == f"1{MARK}2"


def test_a_text_that_forms_secrets_with_every_mark_is_hidden_as_a_whole() -> None:
    assert Redactor({"X_TOKEN": "]aaaaaa"})("]aaaaaa" + "aaaaaa" * 1_000) == MARK


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("AKIAIOSFODNN7EXAMPLE", id="AWS key id"),
        pytest.param("ASIAIOSFODNN7EXAMPLE", id="AWS temporary key id"),
        *(pytest.param(f"gh{kind}_{'a1B2' * 9}", id=f"GitHub gh{kind}") for kind in "pousr"),
        pytest.param("github_pat_11ABCDEFG0" + "aB3_" * 15, id="GitHub fine-grained"),
        pytest.param("glpat-aB3-aB3_aB3.aB3aB3", id="GitLab"),
        pytest.param("xoxb-123456789012-abcdefGHIJKL", id="Slack"),
        pytest.param("npm_" + "aB3d" * 9, id="npm"),
        pytest.param("pypi-AgEIcHlwaS5vcmc" + "aB3-" * 12, id="PyPI"),
        pytest.param("sk_live_" + "aB3d" * 6, id="Stripe"),
        pytest.param("AIzaSy" + "aB3d-" * 6 + "abc", id="Google"),
        pytest.param(JWT, id="JWT"),
        pytest.param(JWT.rpartition(".")[0], id="JWT without signature"),
        pytest.param(BLOCK, id="private key"),
        pytest.param(BLOCK.replace("\n", "\\n"), id="private key, line breaks spelled out"),
        pytest.param(BLOCK.replace("\n", "\nE   "), id="private key in a pytest error"),
        pytest.param(BLOCK.replace("RSA ", "ENCRYPTED "), id="encrypted private key"),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("see ", " there"), ("f('", "')"), ('E   "', '"\n'), ("\\n", "\\n"), ("ü=", "\n")],
)
def test_a_token_of_a_known_shape_is_hidden_anywhere(before: str, secret: str, after: str) -> None:
    assert redact(before + secret + after) == before + MARK + after


@pytest.mark.parametrize("cut", [60, 100, 130])
def test_a_private_key_that_was_cut_short_is_hidden(cut: int) -> None:
    hidden = redact(f"<{BLOCK[:cut]}... and so on")

    assert KEY_LINE[:16] not in hidden
    assert hidden.endswith("... and so on")


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("password='x'", "password='{}'"),
        ("login(user='bob', password='x', n=3)", "login(user='bob', password='{}', n=3)"),
        ("{'password': 'it\\'s', 'a': 1}", "{'password': '{}', 'a': 1}"),
        ('{"api_key": "abc"}', '{"api_key": "{}"}'),
        (r'"{\"token\": \"abcdef\", \"b\": 1}"', r'"{\"token\": \"{}\", \"b\": 1}"'),
        ("password   = b'hunter2'", "password   = b'{}'"),
        ("password: hunter2\nuser: me", "password: {}\nuser: me"),
        ("export MY_PASSWORD=hunter2 X=1", "export MY_PASSWORD={} X=1"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7+EX", "aws_secret_access_key = {}"),
        ("Server=db;Uid=sa;Pwd=s3cretx;", "Server=db;Uid=sa;Pwd={};"),
        ("AccountKey=abc/123==;Endpoint=x", "AccountKey={};Endpoint=x"),
        ("os.environ['API_KEY'] = 'abc'", "os.environ['API_KEY'] = '{}'"),
        ("İİİ Passphrase='x' İ", "İİİ Passphrase='{}' İ"),
        (f"DD-API-KEY: {HEX32}", "DD-API-KEY: {}"),
        (f"dd_app_key='{SHA}'", "dd_app_key='{}'"),
        (f"--header 'DD-APPLICATION-KEY: {SHA}'", "--header 'DD-APPLICATION-KEY: {}'"),
        ("['curl', '--token', 'abc', 'x']", "['curl', '--token', '{}', 'x']"),
        ("curl --password abc --fail", "curl --password {} --fail"),
        ("curl --password=abc --fail", "curl --password={} --fail"),
        ("https://h/?a=1&access_token=abc&b=2", "https://h/?a=1&access_token={}&b=2"),
        ("https://h/?token=abc#there", "https://h/?token={}#there"),
        ("Authorization: Bearer abc", "Authorization: Bearer {}"),
        ("Authorization: token abc\nAccept: x", "Authorization: token {}\nAccept: x"),
        ("{'Authorization': 'Basic dTpw'}", "{'Authorization': 'Basic {}'}"),
        ("('authorization', b'Bearer abc')", "('authorization', b'Bearer {}')"),
        ("Authorization: a1b2c3", "Authorization: {}"),
        ("sent Bearer abcdefghijklmnop1 to x", "sent Bearer {} to x"),
        ("postgres://u:p@ss@host/db", "postgres://u:{}@host/db"),
        ("redis://:pw@host:6379/0", "redis://:{}@host:6379/0"),
    ],
)
def test_what_is_given_to_a_name_that_looks_secret_is_hidden(text: str, hidden: str) -> None:
    assert redact(text) == hidden.replace("{}", MARK)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        f"commit {SHA}",
        f"md5 {HEX32}",
        "KeyError: 'password'",
        "E       KeyError: 'X-Api-Key'",
        "token = next(tokens)",
        "token: self.token1",
        "def login(user, password=None, token: str = '') -> None:",
        "secret = os.environ['X']",
        "password == 'hunter2'",
        "max_tokens=4096",
        "tokenizer='cl100k_base'",
        "foreign_key='user.id'",
        "Unexpected token: '}'",
        "PWD=/home/me/work1",
        "password: $PASSWORD",
        "--token-file key1.txt",
        "curl --token --fail",
        "secret_name='prod/db'",
        "token_url='https://host/oauth2'",
        "https://user@host:80/x@y",
        "http://localhost:8080/a:b@c",
        "-----BEGIN CERTIFICATE-----\nMIIC",
        "task-eyJ.x, ghp_short, xoxo-",
        "tests/test_token.py::test_password[key-1] PASSED",
        "the bearer of this letter",
        "secretary: abcdef1",
        f"already {MARK}{MARK}",
    ],
)
def test_an_ordinary_text_stays(text: str) -> None:
    assert redact(text) is text


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_a_pattern_of_the_user_hides_all_it_matches(long: bool) -> None:  # noqa: FBT001 - a parameter
    rest = " ." * 1_000 if long else ""

    assert Redactor({}, [r"ACME-\d+", "x{3}"])(f"a ACME-12 xxx{rest}") == f"a {MARK} {MARK}{rest}"


def test_a_pattern_with_a_group_named_secret_hides_only_that() -> None:
    hide = Redactor({}, [r"pin (?P<secret>\d+)|nothing"])

    assert hide("pin 1234, nothing") == f"pin {MARK}, nothing"


def test_a_pattern_that_matches_nothingness_hides_nothing() -> None:
    assert Redactor({}, ["x*"])("abc") == "abc"


def test_a_pattern_that_is_no_regular_expression_is_named() -> None:
    with pytest.raises(ConfigError, match=re.escape("ddci_redact: '(x' is not a regular")):
        Redactor({}, ["ok", "(x"])


def test_a_redactor_does_not_show_what_it_hides() -> None:
    assert "hunter22" not in repr(Redactor({"X_TOKEN": "hunter22"}))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "token",
        "token=",
        "token=://",
        "password='\\",
        'key="',
        "-----BEGIN PRIVATE KEY-----EEEE ",
        "eyJ",
        "eyJaaaaaaaa.",
        "://a:",
        "bearer ",
        "authorization: ",
        "--token ",
        " ",
        "-",
        "\\",
        "A",
    ],
)
def test_no_text_takes_more_than_its_length_deserves(piece: str) -> None:
    text = (piece * 200_000)[:200_000]

    assert len(redact(text)) > 0


# Words that rules and marks are made of, so that they meet.
_pieces = st.sampled_from(
    [
        *("[redacted]", "[", "]", "redacted", "token", "password", "api_key", "=", ": ", "'", '"'),
        *("\\", "\n", " ", "?", "&", "--", "://", "@", ":", "Bearer ", "Authorization", "a1b2c3"),
        *("eyJ", ".", "ghp_", "-----BEGIN PRIVATE KEY-----", "abcdefgh", "ü", "\ud800", "İ", "/"),
        *("...", "…", "%2F", "&#39;", "Basic ", "sk-", "_", "[redacted]..."),
    ]
)
_texts = st.lists(_pieces | st.text(max_size=5), max_size=30).map("".join)
_values = (
    (st.text(max_size=20) | st.lists(_pieces, max_size=4).map("".join))
    .map(lambda value: f"{value}#17xy".strip())
    .filter(lambda value: value[0] not in "/~" and value[1] != ":" and len(value) >= SHORTEST)
)


@given(values=st.lists(_values, min_size=1, max_size=4), parts=st.lists(_texts, max_size=4))
def test_no_value_of_a_secret_variable_survives(values: list[str], parts: list[str]) -> None:
    environ = {f"X{number}_TOKEN": f" {value}\n" for number, value in enumerate(values)}
    text = "".join(part + value for part in ["", *parts] for value in values)

    hidden = Redactor(environ)(text)

    assert [value for value in values if value in hidden] == []


@given(values=st.lists(_values, max_size=3), text=_texts)
def test_what_has_been_redacted_stays_as_it_is(values: list[str], text: str) -> None:
    hide = Redactor({f"X{number}_TOKEN": value for number, value in enumerate(values)}, [r"c\d"])

    once = hide(text + "".join(values) + text)

    assert hide(once) == once


@given(text=st.text(alphabet="abcdefgh \n.,;()[]{}0123456789_é中"))
def test_a_text_without_secrets_is_unchanged(text: str) -> None:
    assert Redactor({"X_TOKEN": "hunter22", "X_KEY": "Swordfish"})(text) is text


@given(text=_texts)
def test_a_short_text_is_read_as_a_long_one_is(text: str) -> None:
    rest = "\n" + " ." * 600

    assert redact(text + "\n") + rest == redact(text + "\n" + rest)
