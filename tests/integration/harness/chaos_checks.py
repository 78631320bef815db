"""What must be true of a pool when all that failed is whole again."""

import datetime
import re
import time

from harness.wait import eventually

# Connections that are kept for the next request come and go.
DESCRIPTORS = 24
MEMORY = 48 << 20
ID = "com.docker.swarm.id"


def remember(world):
    """What every manager holds before anything has happened to it."""
    for manager in world.managers:
        manager.before = (manager.pid, manager.open_files(), manager.resident_bytes())


def on_engines(world):
    """[(engine, list entry)] of the containers that clients have made, as the engines themselves say."""
    found = []
    for engine in world.engines:
        found += [(engine, c) for c in engine.get("/containers/json?all=1") if "chaos" in c["Labels"]]
    return found


def own_name(entry):
    return next(name[1:] for name in entry["Names"] if name.count("/") == 1)


def check_box(box, copies):
    where = [f"{engine.name} {c['Id'][:12]} {own_name(c)} {c['State']}" for engine, c in copies]
    assert len(copies) in box.counts, f"{box} is there {len(copies)} times: {where}"
    if not copies:
        return
    (_, entry), = copies
    assert own_name(entry) in box.names, f"{box}: {where}"
    if box.policy != "on-node-failure" and box.id:
        assert entry["Id"] == box.id, f"{box} may not be made anew, but it is no longer {box.id[:12]}: {where}"
    if box.running and box.always:
        assert entry["State"] == "running", f"{box} was started: {where}"


def check_boxes(world, boxes):
    """Nothing lost, nothing doubled, every name once."""
    found = on_engines(world)
    by_token = {}
    for engine, entry in found:
        by_token.setdefault(entry["Labels"]["chaos"], []).append((engine, entry))
    for box in boxes:
        check_box(box, by_token.pop(box.token, []))
    assert not by_token, f"nobody has asked for {sorted(by_token)}"
    names = sorted(own_name(entry) for _, entry in found)
    assert len(set(names)) == len(names), f"names are there twice: {names}"
    return found


def check_lists(world, found):
    """Every manager shows what there is, and no reservation beside it."""
    truth = sorted((entry["Id"], own_name(entry), engine.name) for engine, entry in found)
    for manager in world.managers:
        shown = []
        for entry in manager.list():
            node, name = next(n for n in entry["Names"] if n.count("/") == 2)[1:].split("/")
            shown.append((entry["Id"], name, node))
        assert sorted(shown) == truth, f"{manager.address} shows {sorted(shown)}, there is {truth}"


def check_kept(world, found):
    """What must come back is kept, and nothing else is."""
    kept = {name.split(".", 1)[1] for name in world.store.kept(world.prefix)}
    wanted = {c["Labels"][ID] for _, c in found if "com.docker.swarm.reschedule-policies" in c["Labels"]}
    assert kept == wanted, f"kept are {sorted(kept - wanted)} too many, {sorted(wanted - kept)} are missing"


def check_leader(world):
    assert [manager.leads() for manager in world.managers].count(True) == 1


def check_all(world, boxes):
    check_leader(world)
    found = check_boxes(world, boxes)
    check_lists(world, found)
    check_kept(world, found)
    return True


# --- when all is removed ---


def check_process(manager):
    """Descriptors and memory as before, unless it is another process."""
    pid, files, memory = manager.before or (0, 0, 0)
    if pid != manager.pid:
        return
    assert manager.open_files() <= files + DESCRIPTORS, f"{manager.address} had {files} descriptors and has {manager.open_files()}"
    grown = manager.resident_bytes() - memory
    assert grown <= MEMORY, f"{manager.address} has grown by {grown >> 20} MiB"


def remove_all(world, tokens):
    for number, (engine, entry) in enumerate(on_engines(world)):
        if entry["Labels"]["chaos"] not in tokens:
            continue
        manager = world.managers[number % len(world.managers)]
        done = manager.request("DELETE", f"/containers/{entry['Id']}?force=1")
        assert done.status == 204, f"{own_name(entry)} on {engine.name} cannot be removed: {done.text}"


def check_end(world, boxes, seconds):
    """All can be removed, none comes back, and every manager works."""
    # What was sent over a cable that is whole again may arrive yet; what has an answer may not.
    late = {box.token for box in boxes if box.id is None and box.unknown}
    remove_all(world, {box.token for box in boxes})
    for box in boxes:
        box.counts = {0}

    def is_empty():
        remove_all(world, late)
        return check_all(world, boxes)

    eventually(is_empty, seconds, interval=0.5)
    for number, manager in enumerate(world.managers):
        made = manager.create(f"last-{number}")
        assert made.status == 201, made.text
        removed = manager.request("DELETE", f"/containers/last-{number}")
        assert removed.status == 204, removed.text
        eventually(lambda: check_process(manager) or True, seconds)
    check_leaders(world)


# --- who led ---

LEADERSHIP = re.compile(r'time="([^"]+)".*Cluster leadership (acquired|lost)')
RESOLUTION = 1.5  # the log knows seconds


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def end_of(manager, begin, end):
    """The time of one that was killed ends there, as another begins in its place; that of one that was frozen, if the
    first thing that it does then is to say so."""
    for kind, gone, back in manager.absences:
        if begin - RESOLUTION <= gone <= end and (kind == "kill" or end <= back + RESOLUTION):
            return gone
    return end


def leaderships(manager):
    """[(begin, end)] by its log."""
    spans, begin = [], None
    for at, what in LEADERSHIP.findall(manager.log):
        if begin is not None:
            spans.append((begin, end_of(manager, begin, seconds_of(at) if what == "lost" else begin)))
        begin = seconds_of(at) if what == "acquired" else None
    return spans + ([(begin, end_of(manager, begin, time.time()))] if begin is not None else [])


def check_leaders(world):
    """No two led at a time."""
    spans = sorted((begin, end, m.address) for m in world.managers for begin, end in leaderships(m))
    for (_, end, one), (begin, _, other) in zip(spans, spans[1:]):
        assert end <= begin + RESOLUTION, f"{other} began to lead at {begin:.0f}, and {one} ended at {end:.0f}"
