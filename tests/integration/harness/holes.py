"""What does not work in the compatibility matrix, and why.  Whoever closes a hole takes it out here."""

import dataclasses

from harness.matrix import MIXED, PODMAN, lacking

DOCKER_COMMANDS = ("docker 20.10", "docker 26.1", "docker 28.2", "docker 28.5")
BUILDX = ("buildx 0.13", "buildx 0.29")


@dataclasses.dataclass(frozen=True)
class Hole:
    kinds: tuple
    operations: tuple
    clients: tuple  # empty: all
    why: str

    def is_at(self, kind, client, operation):
        if kind == MIXED and all(lacking(other) for other in self.kinds if other != MIXED):
            return False  # this machine's pool is without the engine that has the hole
        return (
            kind in self.kinds
            and operation in self.operations
            and (not self.clients or client.title in self.clients)
        )


HOLES = (
    Hole(
        (PODMAN,), ("buildkit",), (),
        "Podman 4.3 has no BuildKit: it answers `/session` and `/grpc` with 404, alone as through the manager. "
        "docker 20.10 and Testcontainers report that; buildx and the newer clients that contain it fall back to "
        "running BuildKit in a container, whose image comes from Docker Hub. The classic builder works, and in a mixed "
        "pool BuildKit builds go to an engine that has it.",
    ),
    Hole(
        (PODMAN,), ("push",), BUILDX,
        "`buildx build --push` is a BuildKit build too.",
    ),
    Hole(
        (PODMAN,), ("login",), (),
        "Podman 4.3 tries a login by HTTPS only, alone as through the manager, even when its configuration calls the "
        "registry insecure, as that of this test. Push and pull with the same password work.",
    ),
    Hole(
        (PODMAN,), ("run",), ("Compose 1.29",),
        "Compose 1.29 links a one-off container to those of its service, and Podman 4.3 has no links (`link is not "
        "supported`).",
    ),
)

# What fails without a manager only: Podman 4.3 tells status 0 of every container that is removed.
MENDED = (Hole((PODMAN,), ("run --rm",), DOCKER_COMMANDS, ""),)


def find(kind, client, operation):
    """The number of the hole here, counted from 1; None where there is none."""
    return next((number for number, hole in enumerate(HOLES, 1) if hole.is_at(kind, client, operation)), None)


def is_expected(kind, client, operation, direct):
    """Whether this fails, as everybody knows; direct: without a manager."""
    mended = direct and any(hole.is_at(kind, client, operation) for hole in MENDED)
    return bool(mended or find(kind, client, operation))
