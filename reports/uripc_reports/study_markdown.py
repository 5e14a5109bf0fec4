# SPDX-License-Identifier: MIT
"""A study in Markdown: the answer in short, the sentences, and one table for each metric."""

from .markdown import plain
from .study_told import bracketed
from .study_view import study_sections


def document(sources):
    """The whole file as text."""
    return "\n".join("\n".join(_study(section)) for section in study_sections(sources))


def _study(section):
    yield f"## {plain(section.header['question'])}"
    yield ""
    for sentence in section.banners:
        yield f"> **{plain(sentence)}**"
        yield ""
    yield from _designs(section)
    yield from _conclusion(section)
    for one in section.scenarios:
        yield from _scenario(section, one)
    for one in section.scenarios:
        for part in one.metrics:
            yield from _values(section, one, part.metric)
    yield f"{section.end} `{section.command}`"
    yield ""


def _designs(section):
    for one in section.mechanisms:
        yield f"{plain(', '.join(one.designs))}: {plain(one.text)}."
        yield ""
        if one.settings:
            yield from _table(["setting", *one.designs, "what it is"],
                              [[name, *values, text] for name, text, values in one.settings])


def _conclusion(section):
    yield "### In short"
    yield ""
    for verdict in section.verdicts:
        yield f"**{plain(verdict.claim['question'])}** {plain(verdict.sentence, 4000)}"
        yield ""
    for answer in section.answers:
        yield f"**{plain(answer.question.text)}** {plain(' '.join(answer.sentences), 4000)}"
        yield ""
    if section.lines:
        yield from _table(["lines of source", *section.study.designs],
                          [[f"{side}: {concern}", *("not known" if n is None else str(n)
                                                    for n in counts)]
                           for side, concern, counts in section.lines])
    if section.mathematics:
        yield plain(section.mathematics)
        yield ""
    yield plain(section.certainty, 2000)
    yield ""


def _scenario(section, one):
    if len(section.scenarios) > 1:
        yield f"### {plain(one.scenario.name)}: {plain(one.scenario.line['question'])}"
        yield ""
    yield from _circumstances(one)
    for part in one.metrics:
        said = [text for finding in part.findings for text in finding.sentences]
        yield f"- **{part.metric.title}.** {plain(' '.join(said + part.trends), 8000)}"
    yield ""


def _circumstances(one):
    said = f"Load: {', '.join(one.load)}. Faults: {', '.join(one.faults) or 'none'}. " \
           f"Messages: {one.delivery}."
    yield plain(said, 2000)
    yield ""


def _values(section, one, metric):
    scenario = one.scenario
    pairs = [f"{other} − {first}" for first, other in scenario.pairs]
    place = f" ({plain(scenario.name)})" if len(section.scenarios) > 1 else ""
    yield f"### {plain(metric.title)}{place}"
    yield ""
    yield from _circumstances(one)
    yield from _table(["point", *scenario.designs, *pairs],
                      [[point.text or "the one point",
                        *(bracketed(*cell[:2]) or "–" for cell in row.cells + row.differences)]
                       for point, rows in one.tables for row in rows if row.metric is metric])


def _table(heads, rows):
    yield "| " + " | ".join(map(plain, heads)) + " |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    for row in rows:
        yield "| " + " | ".join(map(plain, row)) + " |"
    yield ""
