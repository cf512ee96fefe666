"""The policies as the command line sees them: in the versions that hold."""

from idolens.review import Policy, load_policy
from idolens.settings import Settings
from idolens.studio import open_studio


def has_archive(settings: Settings) -> bool:
    """Tell whether anything was ever kept here; to look makes nothing."""
    return (settings.home / "idolens.sqlite").is_file()


def policy_in_force(settings: Settings, name_or_file: str) -> Policy:
    """Return the active version of a policy, or read one from a file.

    Raises:
        PolicyError: there is no such policy or file, or its content is wrong.
        ConflictError: no version of it is active yet.
    """
    if not has_archive(settings):
        return load_policy(name_or_file)
    with open_studio(settings) as studio:
        return studio.rules.policy(name_or_file)
