# SPDX-License-Identifier: MIT
"""Makes the page of studies."""

from .environment import environment
from .study_words import GLOSSARY
from .study_view import study_sections


def page(sources):
    """The whole page as text; the same for the same study."""
    return environment().get_template("study/page.html").render(
        studies=study_sections(sources),
        study_glossary=GLOSSARY,
        directories=[str(source.directory) for source in sources],
    )
