"""What a default install brings is free to use, and written down."""

import pytest

from tests.docs.licences_page import (
    EXCEPTIONS,
    PAGE,
    dependencies,
    is_permissive,
    licence_of,
    page,
)


@pytest.mark.parametrize("name", dependencies())
def test_a_dependency_is_under_a_permissive_licence(name):
    """Or it is an exception that is named with its reason."""
    licence = licence_of(name)
    if licence is None:
        pytest.skip("not for this system")

    assert is_permissive(licence) or name in EXCEPTIONS, f"{name}: {licence!r}"


def test_every_exception_is_still_needed():
    """None stands there for a package that is gone, or free now."""
    for name in EXCEPTIONS:
        assert name in dependencies()
        assert not is_permissive(licence_of(name) or "")


def test_the_page_is_up_to_date():
    """`python -m tests.docs.licences_page` writes it anew."""
    assert PAGE.read_text("utf-8") == page()
