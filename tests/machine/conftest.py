"""What holds for the state machines and the kill tests."""

from contextlib import closing
from pathlib import Path

import pytest
from machine.orders import Orders

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """They repeat what the other tests cover already, and counting lines makes them take twice as long."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="module")
def victims():
    """The process that forks those to be killed."""
    with closing(Orders("victim.py")) as started:
        yield started
