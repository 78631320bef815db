"""docs/compatibility.md: its table of what works, and the list of holes below it."""

import textwrap

from harness import holes
from harness.clients import CLIENTS
from harness.lab import TOP
from harness.matrix import KINDS

PATH = TOP / "docs" / "compatibility.md"
START, END = "<!-- from here on: make matrix -->", "<!-- up to here -->"


def describe(kind, client, results):
    """A cell in words; an operation that fails without a hole has no number."""
    failing = [name for name in client.operations if results[name]]
    marks = [f"{name} [{holes.find(kind, client, name) or 'new'}]" for name in failing]
    return "all but " + ", ".join(marks) if marks else "all"


def recorded():
    """{(kind, client title): words} of the table in the file."""
    cells = {}
    lines = [line for line in _generated().splitlines() if line.startswith("| ")]
    rows = [[word.strip() for word in line.split("|")[1:-1]] for line in lines]
    for title, *words in rows[1:]:
        cells.update({(kind, title): word for kind, word in zip(rows[0][1:], words)})
    return cells


def _generated():
    return PATH.read_text().partition(START)[2].partition(END)[0]


def table(cells):
    lines = ["| | " + " | ".join(KINDS) + " |", "|" + "---|" * (len(KINDS) + 1)]
    for client in CLIENTS:
        words = [cells.get((kind, client.title), "not tried") for kind in KINDS]
        lines.append(f"| {client.title} | " + " | ".join(words) + " |")
    return "\n".join(lines)


def operations():
    """What "all" means, for the clients that do the same."""
    groups = {}
    for client in CLIENTS:
        groups.setdefault(client.operations, []).append(client.title)
    return "\n".join(f"* {', '.join(titles)}: {', '.join(names)}" for names, titles in groups.items())


def explanations():
    return "\n".join(
        textwrap.fill(hole.why, 118, initial_indent=f"{number}. ", subsequent_indent="   ")
        for number, hole in enumerate(holes.HOLES, 1)
    )


def text(cells):
    return f"{START}\n\n{table(cells)}\n\n### All is\n\n{operations()}\n\n### Holes\n\n{explanations()}\n\n{END}"


def write(cells):
    """Put the cells into the file; those that were not played keep what is there."""
    whole = PATH.read_text()
    before, _, rest = whole.partition(START)
    PATH.write_text(before + text({**recorded(), **cells}) + rest.partition(END)[2])
