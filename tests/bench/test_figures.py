"""How benchmarks report."""

import json

import pytest

from bench.figures import Target, publish


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (Target("seconds", 60), True),
        (Target("seconds", 10), False),
        (Target("seconds", 10, at_least=True), True),
    ],
)
def test_a_target_is_an_upper_or_a_lower_bound(target: Target, *, met: bool):
    """`at_least` turns the bound around."""
    assert target.met({"seconds": 12.0}) is met


def test_a_missed_target_fails_only_when_checked(tmp_path, capsys):
    """Figures are printed and stored either way; `--check` decides the status."""
    targets = [Target("seconds", 10)]

    assert (
        publish("sample", {"seconds": 12.0}, targets, check=False, folder=tmp_path) == 0
    )
    assert (
        publish("sample", {"seconds": 12.0}, targets, check=True, folder=tmp_path) == 1
    )

    last_line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last_line["targets"] == {"seconds ≤ 10": False}
    assert json.loads((tmp_path / "sample.json").read_text()) == last_line
