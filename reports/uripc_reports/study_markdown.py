# SPDX-License-Identifier: MIT
"""A study in Markdown: the sentences, and one table for each metric."""

from .markdown import plain
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
    for one in section.scenarios:
        yield from _answers(section, one)
    if section.mathematics:
        yield plain(section.mathematics)
        yield ""
    yield from _lines(section)
    yield plain(section.certainty, 2000)
    yield ""
    for one in section.scenarios:
        for part in one.metrics:
            yield from _table(section, one, part.metric)
    yield f"{section.end} `{section.command}`"
    yield ""


def _answers(section, one):
    if len(section.scenarios) > 1:
        yield f"### {plain(one.scenario.name)}: {plain(one.scenario.line['question'])}"
        yield ""
    for part in one.metrics:
        said = [text for finding in part.findings
                for text in finding.sentences + finding.crossings]
        yield f"- **{part.metric.title}.** {plain(' '.join(said + part.trends), 4000)}"
    yield ""


def _lines(section):
    if not section.lines:
        return
    names = list(section.lines[0][1])
    yield "| lines of source | " + " | ".join(map(plain, names)) + " |"
    yield "|---|" + "--:|" * len(names)
    for meaning, counts in section.lines:
        yield f"| {plain(meaning)} | " + " | ".join(
            str(counts[name] or "not known") for name in names) + " |"
    yield ""


def _table(section, one, metric):
    scenario = one.scenario
    heads = [*scenario.designs, *(f"{other} − {scenario.first}" for other in scenario.others)]
    place = f" ({plain(scenario.name)})" if len(section.scenarios) > 1 else ""
    yield f"### {plain(metric.title)}{place}"
    yield ""
    yield "| " + " | ".join(["point", *map(plain, heads)]) + " |"
    yield "|---|" + "--:|" * len(heads)
    for point, rows in one.tables:
        for row in rows:
            if row.metric.name == metric.name:
                cells = [_cell(*cell[:2]) for cell in row.cells + row.differences]
                yield "| " + " | ".join([plain(point.text or "the one point"), *cells]) + " |"
    yield ""


def _cell(mean, interval):
    return plain(f"{mean} [{interval}]" if interval else mean or "–")
