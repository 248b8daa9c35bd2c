"""What free text is made of: words, in lowercase, in their order.

A word is a run of letters, digits, marks and underscores, so `"hello world"` is found in
`Hello, world` and in `hello-world`, and `hello` is not found in `hello_world`
(https://docs.datadoghq.com/observability_pipelines/search_syntax/logs/#free-text-search,
https://docs.datadoghq.com/logs/explorer/search_syntax/#full-text-search).
"""

from __future__ import annotations

from unicodedata import category

WORDS = r"(' ' || regexp_replace(lower({0}), '[^\pL\pN\pM_]+', ' ', 'g') || ' ')"
"""SQL (for `str.format`) for the words of a text: in lowercase, a space before and after each.

Words of several texts may be kept in one, with anything between them that is neither a word nor
a single space, such as `|`: a phrase never reaches across it.
"""


def lowered(text: str) -> str:
    """A text in lowercase, one character for one, exactly as DuckDB's `lower` does it."""
    if text.isascii():
        return text.lower()
    return "".join(character.lower()[0] for character in text)


def words(text: str) -> list[str]:
    """The words of a text, in lowercase."""
    characters = (character if _in_word(character) else " " for character in lowered(text))
    return "".join(characters).split()


def _in_word(character: str) -> bool:
    return character == "_" or category(character)[0] in "LNM"
