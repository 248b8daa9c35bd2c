"""Who owns a file, by the rules that GitHub and GitLab document."""

from __future__ import annotations

import json

import pytest
from codeowners import CodeOwners
from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.limits import TAG
from pytest_ddci.owners import Owners, owners_tag


def owners_of(text: str, path: str, *, gitlab: bool = False) -> list[str]:
    return list(Owners(text, CodeOwners, gitlab=gitlab).of(path))


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param("", "a.py", [], id="empty file"),
        pytest.param("# * @a", "a.py", [], id="comment"),
        pytest.param("  # * @a\n\n * @b ", "a.py", ["@b"], id="blanks around"),
        pytest.param("*\t@a  @b/c d@e.example", "a.py", ["@a", "@b/c", "d@e.example"], id="many"),
        pytest.param("* @a @b @a", "a.py", ["@a", "@b"], id="each once"),
        pytest.param("* @a\r\n*.py @b\r\n", "a.py", ["@b"], id="line ends of Windows"),
        pytest.param("* @a\n*.py @b", "x/a.py", ["@b"], id="last match wins"),
        pytest.param("*.py @b\n* @a", "x/a.py", ["@a"], id="last match wins, even the wider one"),
        pytest.param("/x/ @a\n/x/y", "x/y/a.py", [], id="entry without owners"),
        pytest.param("/x/ @a\n/x/y", "x/a.py", ["@a"], id="beside the entry without owners"),
        pytest.param("*.py @a # or @b", "a.py", ["@a"], id="comment behind an entry"),
        pytest.param("*.py # @b", "a.py", [], id="comment instead of owners"),
        pytest.param("* @a nobody b@c.example", "a", ["@a", "b@c.example"], id="malformed owner"),
        pytest.param("* @a\n*.py nobody", "a.py", ["@a"], id="malformed owners only"),
        pytest.param("* @@maintainer", "a.py", ["@@maintainer"], id="role"),
        pytest.param("\\#a.py @a", "#a.py", ["@a"], id="escaped #"),
        pytest.param("docs/* @a", "docs/a.py", ["@a"], id="star, in the directory"),
        pytest.param("docs/* @a", "docs/x/a.py", [], id="star, deeper"),
        pytest.param("docs/a.py @a", "x/docs/a.py", [], id="slash within anchors"),
        pytest.param("docs/ @a", "x/docs/y/a.py", ["@a"], id="directory at any depth"),
        pytest.param("/docs/ @a", "x/docs/a.py", [], id="directory of the root"),
        pytest.param("**/logs @a", "x/y/logs/a.py", ["@a"], id="globstar in front"),
        pytest.param("/x/**/a.py @a", "x/a.py", ["@a"], id="globstar of no directory"),
        pytest.param("/my\\ tests/ @a", "my tests/a.py", ["@a"], id="escaped blank"),
        pytest.param("my\\ test.py @a", "x/my test.py", ["@a"], id="escaped blank anchors nothing"),
        pytest.param("/x/my*.py @a", "x/my test.py", ["@a"], id="star over a blank"),
        pytest.param("/x/* @a", "x/my test.py", ["@a"], id="blank in a file"),
        pytest.param("täst/ @ä", "täst/a.py", ["@ä"], id="not ASCII"),
    ],
)  # fmt: skip
def test_the_last_entry_that_matches_names_the_owners(
    text: str, path: str, expected: list[str]
) -> None:
    assert owners_of(text, path) == expected


SECTIONS = """
* @admin

[README Owners]
README.md @user1 @user2
internal/README.md @user4

^[README other owners][2] # optional
README.md @user3 @admin
"""
DEFAULTS = """
[Docs][2] @docs @writers
docs/
/x/docs/api/ @api

[Tests]
tests/

[DOCS]
*.md
"""
EXEMPT = """
* @all
!pom.xml
pom.xml @late

[Ruby]
*.rb @ruby
!/config/**/*.rb   # exempt
/config/routes.rb @ops
"""


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        pytest.param(SECTIONS, "README.md", ["@admin", "@user1", "@user2", "@user3"], id="all"),
        pytest.param(
            SECTIONS, "a/internal/README.md", ["@admin", "@user4", "@user3"], id="last of each"
        ),
        pytest.param(DEFAULTS, "x/docs/a.txt", ["@docs", "@writers"], id="defaults"),
        pytest.param(DEFAULTS, "x/docs/api/a.txt", ["@api"], id="instead of defaults"),
        pytest.param(DEFAULTS, "tests/a.py", [], id="a section without defaults"),
        pytest.param(DEFAULTS, "a.md", ["@docs", "@writers"], id="a section taken up again"),
        pytest.param(EXEMPT, "x/pom.xml", [], id="exempt, whatever comes later"),
        pytest.param(EXEMPT, "config/routes.rb", ["@all"], id="exempt in its section only"),
        pytest.param(EXEMPT, "x/config/routes.rb", ["@all", "@ruby"], id="not exempt"),
        pytest.param("* @a\n[Two words\n/x @b", "Two", ["@a"], id="a heading without an end"),
        pytest.param("* @a\n[Team]\n* !", "a", ["@a"], id="nothing exempt"),
        pytest.param("* @a\n!\n[Team]", "a", ["@a"], id="an exemption of nothing"),
    ],
)
def test_each_section_of_gitlab_names_owners_of_its_own(
    text: str, path: str, expected: list[str]
) -> None:
    assert owners_of(text, path) == expected


def test_only_in_the_dialect_of_gitlab_a_path_with_a_slash_matches_at_any_depth() -> None:
    text = "tests/unit/ @a"
    assert owners_of(text, "services/tests/unit/a.py") == []
    assert owners_of(text, "services/tests/unit/a.py", gitlab=True) == ["@a"]
    assert owners_of(f"[Team]\n{text}", "services/tests/unit/a.py") == ["@a"]
    assert owners_of(f"[Team]\n/{text}", "services/tests/unit/a.py") == []


def test_lines_that_make_no_sense_are_named_and_cost_only_themselves() -> None:
    owners = Owners("* @a\na[b.py @b\n*.py nobody\n/x @c\n*[] @d\n!\n", CodeOwners)
    assert owners.skipped == [2, 3, 5, 6]
    assert owners.of("a.py") == ("@a",)


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
@given(
    st.text(alphabet=st.sampled_from("ab/*?[]!^#\\-@. \t\n") | st.characters(), max_size=200),
    st.text(min_size=1),
)
def test_no_text_raises(text: str, path: str) -> None:
    for gitlab in (False, True):
        owners = Owners(text, CodeOwners, gitlab=gitlab)
        assert all("@" in owner for owner in owners.of(path))


@given(st.lists(st.from_regex(r"@[a-z]{1,9}(/[a-z]{1,9})?", fullmatch=True), min_size=1))
def test_whoever_owns_everything_owns_any_file(everybody: list[str]) -> None:
    assert owners_of(f"* {' '.join(everybody)}", "a/b.py") == list(dict.fromkeys(everybody))


def test_the_tag_is_written_as_datadogs_tracer_for_python_writes_it() -> None:
    assert owners_tag(["@acme/core", "ä@b.example"]) == r'["@acme/core", "\u00e4@b.example"]'


def test_nobody_has_no_tag() -> None:
    assert owners_tag([]) == ""
    assert owners_tag(["@" + TAG * "a"]) == ""


@given(st.lists(st.text(min_size=1, max_size=400)))
def test_the_tag_is_the_longest_list_that_fits(owners: list[str]) -> None:
    text = owners_tag(owners)
    kept = json.loads(text or "[]")
    assert len(text) <= TAG
    assert kept == owners[: len(kept)]
    assert len(kept) == len(owners) or len(json.dumps(owners[: len(kept) + 1])) > TAG
