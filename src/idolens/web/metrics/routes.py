"""GET /metrics: all figures, in the form that Prometheus reads."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from idolens.web.metrics.measures import Metrics


def metrics_routes(metrics: Metrics) -> APIRouter:
    """Return /metrics; it runs in a thread, for some figures are read from the disk."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics", include_in_schema=False)
    def tell() -> Response:  # pyright: ignore[reportUnusedFunction]
        return Response(
            generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST
        )

    return router
