"""Fixtures of the tests of the bytes.

engine    one scripted engine
manager   a manager over it alone
"""

import pytest


@pytest.fixture
def engine(fakes):
    (engine,) = fakes()
    return engine


@pytest.fixture
def manager(engine, start_manager):
    return start_manager([engine.address]).wait_healthy()
