"""A setting that does not exist, or cannot be so, stops the start."""

import pytest

from idolens.errors import SettingsError
from idolens.settings import environment_names, load_settings, setting_fields


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch):
    for name in environment_names():
        monkeypatch.delenv(name, raising=False)


def written(tmp_path, text):
    file = tmp_path / "studio.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_environment_is_read_by_name(monkeypatch):
    """A nested setting has two underscores, a list is JSON."""
    monkeypatch.setenv("IDOLENS_PORT", "9000")
    monkeypatch.setenv("IDOLENS_GATE__BLACK_LEVEL", "24")
    monkeypatch.setenv("IDOLENS_ALLOWED_HOSTS", '["studio.lan"]')

    settings = load_settings()

    assert settings.port == 9000
    assert settings.gate.black_level == 24
    assert settings.allowed_hosts == ("studio.lan",)


def test_the_command_line_wins_over_the_environment_over_the_file(
    monkeypatch, tmp_path
):
    """Each place gives way to the one nearer to the user, group by group."""
    file = written(tmp_path, "port: 1\nlanguage: en\ngate: {black_level: 8}\n")
    monkeypatch.setenv("IDOLENS_PORT", "2")
    monkeypatch.setenv("IDOLENS_GATE__FLAT_DEVIATION", "9")

    assert load_settings(file).port == 2
    assert load_settings(file, port=3).port == 3
    assert load_settings(file, port=None).port == 2
    assert load_settings(file).language == "en"
    assert load_settings(file).gate.black_level == 8
    assert load_settings(file).gate.flat_deviation == 9


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("IDOLENS_PROT", "IDOLENS_PORT"),
        ("IDOLENS_GATE__BLAK_LEVEL", "IDOLENS_GATE__BLACK_LEVEL"),
        ("IDOLENS_LANGAUGE", "IDOLENS_LANGUAGE"),
    ],
)
def test_a_misspelt_name_in_the_environment_is_refused(monkeypatch, name, meant):
    """pydantic would ignore it, and the studio would wonder."""
    monkeypatch.setenv(name, "1")

    with pytest.raises(SettingsError, match=meant) as caught:
        load_settings()

    assert caught.value.exit_code == 2
    assert meant in caught.value.words.zh


@pytest.mark.parametrize(
    ("text", "meant"), [("prot: 1", "port"), ("gate: {black: 1}", "gate.black_level")]
)
def test_a_misspelt_name_in_the_file_is_refused(tmp_path, text, meant):
    """The file is held to the same names."""
    with pytest.raises(SettingsError, match=meant):
        load_settings(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDOLENS_PORT", "70000"),
        ("IDOLENS_LANGUAGE", "fr"),
        ("IDOLENS_EVERY_S", "often"),
        ("IDOLENS_ALLOWED_HOSTS", "studio.lan"),
    ],
)
def test_an_impossible_value_is_refused(monkeypatch, name, value):
    """The message names the setting in both languages."""
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        load_settings()

    field = name.removeprefix("IDOLENS_").lower()
    assert field in caught.value.words.en
    assert field in caught.value.words.zh


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", "a: [", "\x00"])
def test_a_file_that_is_no_settings_file_is_refused(tmp_path, text):
    """Whatever is in it, the answer is one sentence."""
    with pytest.raises(SettingsError):
        load_settings(written(tmp_path, text))


def test_a_missing_file_is_refused_and_an_empty_one_is_not(tmp_path):
    """An empty file sets nothing."""
    with pytest.raises(SettingsError):
        load_settings(tmp_path / "none.yaml")

    assert load_settings(written(tmp_path, "")) == load_settings()


def test_every_setting_says_what_it_is():
    """docs/settings.md is written from these."""
    for path, field in setting_fields():
        assert field.description, path
        assert field.description.endswith("."), path
