"""One engine and a manager of that one engine give the same answers to the same questions about lists.

The engine is right.  Where the manager differs, harness/differences.py says why, and docs/compatibility.md repeats it.
"""

import collections
import concurrent.futures
import urllib.parse

import pytest

from harness import comparison, differences, questions
from harness.compatibility import PATH
from harness.manager import Manager
from harness.scene import Scene


def ask(engine, manager):
    scene = Scene(engine)
    return comparison.compare(engine, manager, questions.all_of_them(scene))


@pytest.fixture(scope="module")
def managers(store_engines, tmp_path_factory):
    """{kind: manager of that engine}"""
    started = {kind: Manager(tmp_path_factory.mktemp("same"), [engine.address]).start()
               for kind, engine in store_engines.items()}
    for manager in started.values():
        manager.wait_healthy()
    yield started
    for manager in started.values():
        manager.stop()


@pytest.fixture(scope="module")
def answers(store_engines, managers):
    """{kind: what comparison.compare says}; the managers see the events of the scene."""
    with concurrent.futures.ThreadPoolExecutor() as threads:
        told = {kind: threads.submit(ask, engine, managers[kind]) for kind, engine in store_engines.items()}
        return {kind: future.result() for kind, future in told.items()}


def test_lists_and_events(answers):
    assert all(len(told) > 1000 for told in answers.values())
    unknown, seen = [], collections.Counter()
    for kind, told in answers.items():
        for noun, target, engine, manager in told:
            if engine == manager:
                continue
            difference = differences.find(kind, noun, target, engine, manager)
            seen[difference] += 1
            if not difference:
                unknown.append(f"{kind}: {urllib.parse.unquote(target)}\n  engine  {engine}\n  manager {manager}")
    assert not unknown, f"{len(unknown)} differences\n" + "\n".join(unknown[:30])
    mended = [one.why for one in differences.DIFFERENCES
              if not seen[one] and (not one.kinds or set(one.kinds) <= set(answers))]
    assert not mended, "there is no such difference any more"


def test_differences_are_told():
    assert differences.explanations() in PATH.read_text(), differences.explanations()


def is_same(engine, manager):
    """Where an engine fails, nothing is lost."""
    return engine == manager or (engine[0] is None and engine[1] == manager[1])


def prune(kind, engine, manager):
    """What differs; all that the scene has left goes first, or would go."""
    engine.clean()
    forms = {"networks": questions.PRUNES, "volumes": questions.PRUNES, "containers": questions.PRUNES[::3]}
    return [f"{kind}: {noun} {filters}: engine {own}, manager {told}" for noun in forms
            for filters, own, told in comparison.compare_prunes(engine, manager, noun, forms[noun])
            if not is_same(own, told) and not differences.is_known_prune(kind, noun, filters)]


def test_prune_deletes_what_the_engine_would(store_engines, managers):
    with concurrent.futures.ThreadPoolExecutor() as threads:
        found = [threads.submit(prune, kind, engine, managers[kind]) for kind, engine in store_engines.items()]
    unknown = [line for future in found for line in future.result()]
    assert not unknown, "\n".join(unknown)
