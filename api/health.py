"""Whether the server is alive, whether it is ready, and what it counts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from agent.build import Tastemaker
from api.callers import Who
from api.metrics import Metrics
from api.problems import Refused, documented
from api.views import Health

router = APIRouter(tags=["operation"])


@router.get("/healthz", responses=documented() | {200: {"model": Health}})
async def healthz() -> Response:
    """Whether the process answers at all."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", responses=documented() | {200: {"model": Health}})
def readyz(request: Request) -> Response:
    """Whether a turn can be answered: the store is reached and a catalogue is installed."""
    tastemaker: Tastemaker = request.app.state.tastemaker
    if request.app.state.stopping:
        raise Refused(503, "The server is stopping.")
    tastemaker.store.recent(1)
    if not tastemaker.catalogs():
        raise Refused(503, "No catalogue is installed.", "Run `tastemaker catalog import`.")
    return JSONResponse({"status": "ok"})


@router.get(
    "/metrics",
    responses=documented(403) | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def metrics(request: Request, who: Who) -> Response:
    """Counts in Prometheus' text format; a key made with --metrics reads them."""
    if not who.metrics:
        raise Refused(403, "This key may not read the metrics.", "Make one with `tastemaker keys add NAME --metrics`.")
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
