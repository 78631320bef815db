"""Every kind of engine with every kind of client: what works, what does not, and why.

The record of it is docs/compatibility.md; with SWARM_MATRIX_WRITE=1 (make matrix) every cell is played and the table
written anew.  Otherwise a third of the cells are: every client, every kind of engine, and the newest docker command on
each of them.
"""

import os

import pytest

from harness import compatibility, holes
from harness import matrix as matrix_module
from harness.clients import CLIENTS
from harness.matrix import KINDS, MIXED

DIRECT = bool(os.environ.get("SWARM_TEST_DIRECT"))


WRITE = bool(os.environ.get("SWARM_MATRIX_WRITE"))
ALL = [(kind, client) for kind in KINDS for client in CLIENTS]
NEWEST = [client for client in CLIENTS if client.kind == "docker"][-1]


def is_short(kind, client):
    """Is this cell in the short form?  Each client has one kind of engine, by turns, so that all kinds have some."""
    return client is NEWEST or (CLIENTS.index(client) - KINDS.index(kind)) % len(KINDS) == 0


CELLS = [cell for cell in ALL if WRITE or is_short(*cell)]


def lacking(kind, client):
    """Why this cell cannot be played here; None when it can."""
    if DIRECT and kind == MIXED:
        return "engines without a manager are not a pool"
    if not client.find():
        return f"there is no {client.title} on this machine"
    return matrix_module.lacking(kind)


def cells_of(session):
    """The (kind, client) of all tests that were chosen and can be played."""
    chosen = [item.callspec.params for item in session.items if item.originalname == "test_cell"]
    cells = [(params["kind"], params["client"]) for params in chosen]
    return [cell for cell in cells if not lacking(*cell)]


@pytest.fixture(scope="module")
def matrix(request, tmp_path_factory):
    matrix = matrix_module.Matrix(tmp_path_factory.mktemp("matrix"), DIRECT)
    try:
        matrix.plan(cells_of(request.session))
        yield matrix
    finally:
        matrix.close()


@pytest.mark.parametrize("kind,client", CELLS, ids=[f"{kind.lower().replace(' ', '-')}-{client.id}" for kind, client in CELLS])
def test_cell(kind, client, request):
    if lacking(kind, client):
        pytest.skip(lacking(kind, client))
    results = request.getfixturevalue("matrix").results(kind, client)
    assert sorted(results) == sorted(client.operations)
    expected = [name for name in results if holes.is_expected(kind, client, name, DIRECT)]
    broken = {name: why for name, why in results.items() if why and name not in expected}
    assert not broken, "\n".join(f"{name}: {why}" for name, why in broken.items())
    closed = [name for name, why in results.items() if not why and name in expected]
    assert not closed, "works, and is in the list of holes"


def test_the_table_is_kept(matrix, capsys):
    played = {
        (kind, client.title): compatibility.describe(kind, client, matrix.results(kind, client))
        for kind, client in matrix.cells
        if kind != MIXED or matrix_module.pool_is_whole()
    }
    with capsys.disabled():
        print(f"\n{compatibility.table(played)}\n{matrix.times()}")
    if DIRECT:
        return  # the table is of managers
    if WRITE:
        compatibility.write(played)
    kept = compatibility.recorded()
    assert played == {cell: kept.get(cell) for cell in played}, "make matrix writes it anew"
    assert compatibility.explanations() in compatibility.PATH.read_text()
    assert compatibility.operations() in compatibility.PATH.read_text()
