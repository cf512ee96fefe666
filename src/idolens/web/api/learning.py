"""What people's verdicts say of a policy, and which thresholds follow from them."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from idolens.jobs import figures_of, lessons_for
from idolens.review import policy_text
from idolens.review.proposal import Proposal, propose
from idolens.review.review_figures import ReviewFigures
from idolens.web.api.policies import PolicyPath
from idolens.web.api.reviewing import Reviewing
from idolens.web.api.shape import Told
from idolens.web.house import House


class VersionFiguresTold(Told):
    """The figures of one version of a policy."""

    version: str = Field(description="Of the policy.")
    figures: ReviewFigures = Field(description="What people said of its findings.")


class FiguresTold(Told):
    """The figures of a policy."""

    policy: str = Field(description="Its name.")
    versions: list[VersionFiguresTold] = Field(
        description="Those that judged a session, the one used last first."
    )


class ProposalTold(Told):
    """Thresholds that follow from verdicts, and the policy that would have them."""

    proposal: Proposal = Field(description="As it stands, as proposed, and why.")
    version: str | None = Field(
        description="Version that the new text has; null where nothing is proposed."
    )
    text: str | None = Field(
        description="The new text; POST it to /api/v1/policies to keep it, then "
        "activate it."
    )


def add_learning(router: APIRouter, house: House, reviewing: Reviewing) -> None:
    """Add the routes."""

    @router.get("/review/figures", summary="Tell what verdicts say of a policy")
    def figures(
        policy: Annotated[
            str,
            Query(
                max_length=80,
                description="Its name.",
                examples=["livestream-zh"],
            ),
        ],
    ) -> FiguresTold:
        name = house.rules.named(policy).name
        reviewing.sort_in()
        return FiguresTold(
            policy=name,
            versions=[
                VersionFiguresTold(version=one.version, figures=one.figures)
                for one in figures_of(house.archive, name)
            ],
        )

    @router.get(
        "/policies/{name}/proposal", summary="Propose thresholds that verdicts suggest"
    )
    def proposal(
        name: PolicyPath,
        most_false_alarms: Annotated[
            float | None,
            Query(
                ge=0,
                lt=1,
                description="Highest share of false alarms; what the policy says if "
                "not given.",
            ),
        ] = None,
    ) -> ProposalTold:
        book = house.rules.named(name)
        policy = book.policy(book.active or book.versions[0].version)
        reviewing.sort_in()
        made = propose(policy, lessons_for(house.archive, policy), most_false_alarms)
        new = made.applied(policy) if made.changes else None
        return ProposalTold(
            proposal=made,
            version=new and new.version,
            text=policy_text(new) if new else None,
        )
