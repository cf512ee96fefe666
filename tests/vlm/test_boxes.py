import pytest
from hypothesis import given
from hypothesis import strategies as st

from idolens.vlm.answer import Region
from idolens.vlm.boxes import MOST_REGIONS, regions_in

BOX = Region(x1=50, y1=40, x2=150, y2=80)


@pytest.mark.parametrize(
    "text",
    [
        "[[100,200,300,400]]",
        "<|begin_of_box|>[[100, 200, 300, 400]]<|end_of_box|>",
        "人物在 (100,200,300,400) 处。",
        "{100, 200, 300, 400}",
        "[300, 400, 100, 200]",
        "[100 200 300 400] 与 [100.2,200,300,400.1]",
        "\uff08100\uff0c200\uff0c300\uff0c400\uff09",
    ],
)
def test_every_way_to_write_a_box(text):
    """Brackets vary and corners come in any order; the pixels are the same."""
    assert regions_in(text, width=500, height=200) == (BOX,)


@pytest.mark.parametrize(
    "text",
    [
        "2026 年 11 月",
        "[100, 200, 300]",
        "[100, 200, 300, 1400]",
        "[100, 200, 100, 400]",
        "[2, 1, 2.2, 400]",
    ],
)
def test_what_is_no_box(text):
    """Numbers that are no box, outside of the picture, or without area are left out."""
    assert regions_in(text, width=500, height=200) == ()


def test_a_loop_of_boxes_is_cut():
    """A model that counts on and on does not fill the memory."""
    text = "".join(f"[{number},0,{number + 20},500]" for number in range(900))

    assert len(regions_in(text, width=1000, height=500)) == MOST_REGIONS


@given(st.text("[](){}<>0123456789.,, \n", max_size=200), st.integers(1, 4000))
def test_regions_lie_in_the_picture(text, side):
    """Whatever is said, a region is inside of the picture and has an area."""
    for region in regions_in(text, width=side, height=side):
        assert 0 <= region.x1 < region.x2 <= side
        assert 0 <= region.y1 < region.y2 <= side
