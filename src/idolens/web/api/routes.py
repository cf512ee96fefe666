"""Puts the routes under /api/v1 together."""

import threading

from fastapi import APIRouter
from fastapi.routing import APIRoute

from idolens.settings import Settings
from idolens.web.api.answers import add_answers
from idolens.web.api.beginning import add_beginning
from idolens.web.api.engines import add_engines
from idolens.web.api.events import add_events
from idolens.web.api.evidence import Evidence
from idolens.web.api.findings import add_findings
from idolens.web.api.forgetting import add_forgetting
from idolens.web.api.frames import add_frames
from idolens.web.api.jobs import add_jobs
from idolens.web.api.judging import Judging
from idolens.web.api.learning import add_learning
from idolens.web.api.pins import add_pins
from idolens.web.api.policies import add_policies
from idolens.web.api.recordings import add_recordings
from idolens.web.api.reports import add_reports
from idolens.web.api.review import add_review
from idolens.web.api.reviewing import Reviewing
from idolens.web.api.sessions import add_sessions
from idolens.web.api.trying import add_trying
from idolens.web.api.uploads import add_uploads
from idolens.web.api.verdicts import add_verdicts
from idolens.web.api.wording import add_wording
from idolens.web.house import House
from idolens.web.problems import FAILURES


def api_routes(
    house: House,
    settings: Settings,
    closing: threading.Event,
    route_class: type[APIRoute],
) -> APIRouter:
    """Return the routes under /api/v1.

    Args:
        house: whose.
        settings: of this installation.
        closing: streams end when it is set.
        route_class: of all of them.
    """
    router = APIRouter(
        prefix="/api/v1",
        tags=["api"],
        route_class=route_class,
        responses=FAILURES,
    )
    add_sessions(router, house)
    add_answers(router, house)
    judging = Judging(house)
    evidence = Evidence(house, judging, settings)
    add_frames(router, house, evidence)
    add_recordings(router, house, settings)
    add_findings(router, house, judging)
    add_trying(router, house, judging)
    add_verdicts(router, house, judging)
    reviewing = Reviewing(house, judging)
    add_review(router, house, reviewing)
    add_learning(router, house, reviewing)
    add_forgetting(router, house, judging)
    add_pins(router, house)
    add_policies(router, house)
    add_reports(router, house, settings, evidence)
    add_jobs(router, house)
    add_uploads(router, house)
    add_beginning(router, house, settings)
    add_events(router, house, closing)
    add_engines(router, settings)
    add_wording(router)
    return router
