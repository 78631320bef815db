"""Engines of every version, and of the newest one with each of its two image stores."""

from harness import matrix
from harness.lab import Lab, name_for_this_tree

CONTAINERD = "containerd"
KINDS = {"Docker 20.10": "Docker 20.10", "Docker 26.1": "Docker 26.1", "Docker 28.5": "Docker 28.5",
         CONTAINERD: "Docker 28.5"}
# It has names of its own for storage drivers: this one works wherever a folder can be copied.
FLAGS = {CONTAINERD: ("--feature=containerd-snapshotter=true", "--storage-driver=native")}


def lab_options(kinds):
    yield from matrix.lab_options(KINDS[kind] for kind in kinds)
    for number, kind in enumerate(kinds):
        for flag in FLAGS.get(kind, ()):
            yield from ("--dockerd", f"{number}:{flag}")


class StoreLab:
    """engines is {kind: engine} of what this machine has."""

    def __init__(self):
        kinds = [kind for kind, engine in KINDS.items() if not matrix.lacking(engine)]
        self.lab = Lab(f"{name_for_this_tree()}-images", len(kinds), *lab_options(kinds))
        self.engines = dict(zip(kinds, self.lab.engines))

    def close(self):
        self.lab.down()
