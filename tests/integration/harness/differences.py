"""Where a manager of one engine answers other than that engine, and why.  Whoever mends one takes it out here."""

import dataclasses
import re
import textwrap
import urllib.parse

from harness.image_stores import CONTAINERD


def both_refuse(engine, manager):
    return engine[0] >= 400 and manager[0] in (400, 404)


def always(engine, manager):
    return True


@dataclasses.dataclass(frozen=True)
class Difference:
    kinds: tuple  # of engines; empty: all
    nouns: tuple  # empty: all
    pattern: str  # somewhere in the target, when its percent signs are read
    condition: object  # of both answers
    why: str

    def is_this(self, kind, noun, target, engine, manager):
        return ((not self.kinds or kind in self.kinds) and (not self.nouns or noun in self.nouns)
                and re.search(self.pattern, urllib.parse.unquote(target)) and self.condition(engine, manager))


DIFFERENCES = (
    Difference(
        ("Docker 20.10", "Docker 26.1"), (), "", both_refuse,
        "What engines refuse, the manager refuses in the words and with the status of 28.5. 20.10 and 26.1 have other "
        "words for some, and 20.10 says 500 where the newer ones say 400 or 404.",
    ),
    Difference(
        ("Docker 20.10",), (), r'"(until|is-task|dangling)"|"(before|since)": \["busybox", "', always,
        "The `until` of images, several values of their `before` and `since`, `1` and `0` for `is-task` and `dangling`, and the "
        "refusal of `true` together with `false`: 20.10 does not know them, the manager has them for all engines.",
    ),
    Difference(
        (), ("containers", "images", "networks", "events"),
        r'limit=|"(exited|expose|publish|until|type)"|(since|until)=', both_refuse,
        "What cannot be read as a number, a port, a time or a type is refused with 400 and in plain words. Engines say "
        "500 to most of it, and quote functions of the language that they are written in.",
    ),
    Difference(
        (), ("events",), r"since=(2020|1h)", always,
        "`/events` takes dates and durations, as filters do; to engines the docker command must say seconds.",
    ),
    Difference(
        (), ("events",), r'"image": \["(busybox:latest|docker.io/library/busybox)"\]', always,
        "The `image` of events is any way to write its name; engines want it as the client wrote it, or its short form "
        "without a tag.",
    ),
    Difference(
        (), (), r'"node":\[\]', always,
        "`node` is a key of every filter here.",
    ),
    Difference(
        (), ("containers",), r'"(before|since)": \["[0-9a-f]{6,12}"\]', always,
        "`before` and `since` take a short id of a container; engines want a name or the whole id.",
    ),
    Difference(
        (), ("containers",), r'"(before|since)": .*("name"|"since"|"id"|", ")', always,
        "`before` and `since` are points in time. An engine counts off its list, and when the container that is named "
        "is not in what `name` and `id` leave of it, it never meets it: `before` then hides everything, and `since` "
        "nothing.",
    ),
    Difference(
        (), ("containers",), r"json\?(before|since)=", always,
        "`before` and `since` outside the filters, as clients before API 1.25 wrote them, still count; engines "
        "overlook them now.",
    ),
    Difference(
        (), ("networks",), r'"dangling"', always,
        "A dangling network is one that no container uses. Engines do not look at that in lists: there every network "
        "that is not their own is dangling.",
    ),
    Difference(
        (CONTAINERD,), ("images",), r'"reference": \["(\*|\*:\*|\*\*|busybox@sha256:\*)"\]', always,
        "In the image store of containerd, images without a name have one that is not shown, so that `reference=*` "
        "finds them, and digests are no names. The manager looks at what the list shows.",
    ),
    Difference(
        (), ("images",), r'"reference": \["\["\]', always,
        "A pattern that is none matches nothing; engines answer 500, if they have an image to compare it with.",
    ),
    Difference(
        (CONTAINERD,), ("images",), r'all=1.*"dangling"', always,
        "Steps of a build are not dangling, with `-a` either: that is how the other image store counts, and prune.",
    ),
    Difference(
        (), ("images",), r'"label!"', always,
        "`label!` is known to lists of the image store of containerd only; the manager knows it for all engines. With a "
        "value (`label!=a=b`) that store finds nothing.",
    ),
)

# (kinds, noun, filters, why)
PRUNES = (
    (("Docker 20.10",), "volumes", '{"all":["true"]}',
     "`volume prune` with `all` is what 20.10 always does, and refuses to be told."),
    ((), "volumes", '{"all":{"true":false}}',
     "`volume prune` with `all` set to false by a map is refused; engines read it as true, and delete all."),
)


def is_known_prune(kind, noun, filters):
    return any((not kinds or kind in kinds) and (noun, filters) == (of, known) for kinds, of, known, _ in PRUNES)


def find(kind, noun, target, engine, manager):
    return next((one for one in DIFFERENCES if one.is_this(kind, noun, target, engine, manager)), None)


def explanations():
    reasons = [one.why for one in DIFFERENCES] + [why for *_, why in PRUNES]
    return "\n".join(
        textwrap.fill(why, 118, initial_indent=f"{number}. ", subsequent_indent="   ")
        for number, why in enumerate(reasons, 1)
    )
