"""/api/v1/policies: the rule books."""

from idolens.errors import NotFoundError
from idolens.review import Policy, load_policy, shipped_policies


def policy_of(name: str) -> Policy:
    """Return the policy of a name that a client gave; never a file.

    Raises:
        NotFoundError: there is none of this name.
    """
    for policy in shipped_policies():
        if policy.name == name:
            return policy
    raise NotFoundError(
        "There is no such policy: take a name from GET /api/v1/policies.",
        "没有这个策略：请使用 GET /api/v1/policies 列出的名称。",
    )


def usual_policy(name_or_file: str) -> Policy:
    """Return the policy that a setting names, which may be a file."""
    return load_policy(name_or_file)
