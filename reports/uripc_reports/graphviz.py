# SPDX-License-Identifier: MIT
"""Turns drawings with fixed positions into SVG that a page can style, by Graphviz.

Graphviz is asked for shapes, arrowheads and clipping only; positions are given. All its colours
and fonts are taken out again: classes remain, and the page's style sheet, which knows light and
dark, decides.
"""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from .text import visible

SVG = "{http://www.w3.org/2000/svg}"
LEAST = 0.8  # part of its size down to which a drawing may shrink to fit the page
BOX = 13  # points: height of the box behind a label
STYLING = ("fill", "stroke", "font-family", "font-size", "stroke-width", "stroke-dasharray", "id")


class NoGraphviz(Exception):
    """Graphviz is missing or failed; the text says what to do."""


@dataclass
class Node:
    """A dot, a badge or a text. Angle in degrees turns a text; anchor is SVG's text-anchor."""

    x: float
    y: float
    css: str
    label: str = ""
    title: str = ""
    size: float = 0  # diameter in points; 0: only the label shows
    box: float = 0  # width in points of a box behind the label; 0: none
    angle: float = 0
    anchor: str = "middle"


@dataclass
class Edge:
    """A straight line, with an arrowhead at its end or without."""

    start: tuple
    end: tuple
    css: str
    title: str = ""
    arrow: bool = False


@dataclass
class Drawing:
    """Points count to the right and downwards, in typographical points."""

    width: float
    height: float
    label: str
    nodes: list = field(default_factory=list)
    edges: list = field(default_factory=list)


def render(drawings):
    """The drawings as SVG texts; one call of `dot` makes them all."""
    if not drawings:
        return []
    program = shutil.which("dot")
    if not program:
        raise NoGraphviz(
            "the program `dot` is not on the PATH; expected Graphviz for the "
            "diagrams (Debian: apt-get install graphviz)"
        )
    text = "".join(_dot(drawing) for drawing in drawings)
    done = subprocess.run(
        [program, "-Kneato", "-n2", "-Tsvg"],
        input=text.encode("utf-8", "replace"),
        capture_output=True,
        check=False,
    )
    documents = done.stdout.decode("utf-8").split("<?xml")[1:]
    if done.returncode != 0 or len(documents) != len(drawings):
        said = done.stderr.decode("utf-8", "replace").strip() or "nothing"
        raise NoGraphviz(f"{program} ended with {done.returncode} and said: {said}")
    return [_svg("<?xml" + doc, drawing) for doc, drawing in zip(documents, drawings)]


def _quoted(text):
    """A DOT string that means exactly this text: no entities, no escapes, one line."""
    text = visible(text).replace("&", "&amp;").replace("\n", " ")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dot(drawing):
    lines = [
        "digraph g {",
        'graph [bgcolor="transparent", pad=0, outputorder=edgesfirst, splines=line]',
        'node [label="", fixedsize=true, margin=0, width=0.01, height=0.01, shape=none]',
        "edge [arrowhead=none, arrowsize=0.7]",
    ]
    for name, x, y in (("c0", 0, 0), ("c1", drawing.width, drawing.height)):
        lines.append(f'{name} [pos="{x:.2f},{-y:.2f}!", style=invis]')
    for index, edge in enumerate(drawing.edges):
        for end, (x, y) in (("t", edge.start), ("h", edge.end)):
            lines.append(f'{end}{index} [pos="{x:.2f},{-y:.2f}!", style=invis]')
        head = ", arrowhead=normal" if edge.arrow else ""
        lines.append(f"t{index} -> h{index} [class={_quoted(edge.css)}{head}]")
    for index, node in enumerate(drawing.nodes):
        inches = node.size / 72
        shape = f"shape=circle, width={inches:.3f}, height={inches:.3f}, " if node.size else ""
        if node.box:
            shape = f"shape=box, width={node.box / 72:.3f}, height={BOX / 72:.3f}, "
        lines.append(
            f'n{index} [pos="{node.x:.2f},{-node.y:.2f}!", {shape}'
            f"class={_quoted(node.css)}, label={_quoted(node.label)}]"
        )
    return "\n".join(lines + ["}", ""])


def _svg(document, drawing):
    """Graphviz's document with its styling taken out and our titles put in."""
    root = ET.fromstring(document)
    graph = root.find(f"{SVG}g")
    _clear_title(graph)
    for polygon in graph.findall(f"{SVG}polygon"):
        graph.remove(polygon)
    for group in list(graph):
        if not _dress(group, drawing):
            graph.remove(group)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.tail = None
        for name in STYLING:
            element.attrib.pop(name, None)
    least = f"min-width: {drawing.width * LEAST:.0f}pt"  # legible; then it scrolls
    root.attrib.update(
        {"class": "spacetime", "role": "img", "aria-label": drawing.label, "style": least}
    )
    return ET.tostring(root, encoding="unicode")


def _clear_title(element):
    title = element.find(f"{SVG}title")
    if title is not None:
        element.remove(title)
    return "" if title is None else title.text


def _dress(group, drawing):
    """Gives an element its title and turns its text; False for what only marks a position."""
    name = _clear_title(group)
    kind, number = name[0], name[1:].split("-")[0]
    if kind == "t":
        title = drawing.edges[int(number)].title
    elif kind == "n":
        node = drawing.nodes[int(number)]
        title = node.title
        for text in group.findall(f"{SVG}text"):
            text.set("text-anchor", node.anchor)
            if node.angle:
                text.set(
                    "transform", f"rotate({node.angle:.1f} {text.get('x')} {text.get('y')})"
                )
    else:
        return False
    if title:
        element = ET.Element(f"{SVG}title")
        element.text = visible(title)
        group.insert(0, element)
    return True
