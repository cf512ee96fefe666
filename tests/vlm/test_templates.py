from itertools import product
from typing import get_args

import pytest

from idolens.vlm.lint import lint
from idolens.vlm.question import check
from idolens.vlm.templates import Kind, Purpose, Template, templates

ALL = [(template, language) for template in templates() for language in ("zh", "en")]
IDS = [f"{template.key}-{language}" for template, language in ALL]


@pytest.mark.parametrize(("template", "language"), ALL, ids=IDS)
def test_each_passes_our_own_lint(template: Template, language):
    """What we offer as a model is not what we warn about."""
    assert lint(template.instructions[language], language) == []


def test_each_can_be_asked():
    """All together are a valid set of questions, with a key each."""
    for language in ("zh", "en"):
        check([template.question(language) for template in templates()])


def test_every_kind_for_every_purpose():
    """Moderation, tagging and fans find a template of each kind."""
    offered = {(template.purpose, template.kind) for template in templates()}

    assert offered == set(product(get_args(Purpose), get_args(Kind)))


def test_both_languages_offer_the_same_number_of_options():
    """The nth option means the same in both languages."""
    for template in templates():
        assert len(template.options["zh"]) == len(template.options["en"])


def test_a_template_makes_the_kind_it_says():
    """Kind and language reach the question."""
    for template in templates():
        question = template.question("en")
        assert question.kind == template.kind
        assert question.language == "en"
        assert question.instruction == template.instructions["en"]
