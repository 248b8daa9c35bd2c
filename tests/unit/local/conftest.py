from __future__ import annotations

import pytest

from tests.search_table import SearchTable
from tests.searched_documents import DOCUMENTS


@pytest.fixture(scope="session")
def searched() -> SearchTable:
    """The example documents, in a table."""
    return SearchTable(DOCUMENTS)


@pytest.fixture(scope="session")
def searched_by_words() -> SearchTable:
    """The example documents, in a table that keeps the words of free text."""
    return SearchTable(DOCUMENTS, keeps_words=True)
