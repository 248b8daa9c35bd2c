"""What a stream is, and what the environment says about it."""

from __future__ import annotations

import io

import pytest

from pytest_ddci.screen.surface import surface_of


class Screen(io.TextIOWrapper):
    """A terminal without a size."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding)

    def isatty(self) -> bool:
        return True


def test_a_pipe_has_lines_of_any_length_and_no_colours() -> None:
    found = surface_of(io.TextIOWrapper(io.BytesIO(), "utf-8"), {"TERM": "xterm"})
    assert (found.terminal, found.width, found.colours, found.unicode) == (False, None, False, True)


def test_a_terminal_has_colours_and_columns() -> None:
    found = surface_of(Screen(), {"TERM": "xterm"})
    assert (found.terminal, found.width, found.colours) == (True, 80, True)


@pytest.mark.parametrize(
    "environ", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}], ids=["no colour", "dumb"]
)
def test_colours_can_be_refused(environ: dict[str, str]) -> None:
    assert not surface_of(Screen(), environ).colours


def test_an_empty_no_color_refuses_nothing() -> None:
    assert surface_of(Screen(), {"NO_COLOR": "", "TERM": "xterm"}).colours


@pytest.mark.parametrize(
    ("said", "width"), [("132", 132), ("0", 80), ("wide", 80), ("-1", 80), ("", 80)]
)
def test_columns_of_the_environment_count_if_they_are_some(said: str, width: int) -> None:
    assert surface_of(Screen(), {"COLUMNS": said}).width == width


def test_columns_count_for_pipes_too() -> None:
    assert surface_of(io.TextIOWrapper(io.BytesIO(), "utf-8"), {"COLUMNS": "60"}).width == 60


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_has_no_box_characters_gets_ascii(encoding: str) -> None:
    assert not surface_of(Screen(encoding), {}).unicode


def test_without_a_stream_nothing_is_assumed() -> None:
    found = surface_of(None, {})
    assert (found.terminal, found.unicode) == (False, False)
