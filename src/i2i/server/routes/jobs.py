"""Large images: given in, watched, fetched."""

import shutil
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, StreamingResponse

from i2i.server.fields import Translate
from i2i.server.jobs import Job, Jobs
from i2i.server.problems import Problem
from i2i.server.routes.images import pack
from i2i.server.service import Service, ending, received, sent, stem, timing

_STATE = {
    "id": "q1Zk0cD5b8m3tXy7",
    "state": "running",
    "done": 12,
    "of": 64,
    "error": None,
}


def add_jobs(app: FastAPI, service: Service, jobs: Jobs) -> None:
    """POST /v1/jobs and what is below."""

    @app.post(
        "/v1/jobs",
        summary="Translate a large image",
        status_code=202,
        response_class=JSONResponse,
        responses={202: {"description": "Taken.", "content": {"application/json": {"example": _taken("q1Zk0cD5")}}}},
    )
    async def begin(
        request: Request, form: Annotated[Translate, Form(media_type="multipart/form-data")]
    ) -> JSONResponse:
        """As /v1/translate, without a time limit; the answer says where to ask for it."""
        model = service.model(request, form.model)["name"]
        jobs.make_room()
        folder = service.spool.new()
        try:
            source, name = await received(form.image, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        job = Job(model, name, form.seed, folder)
        wish = {"source": str(source), "name": name, **form.wish()}
        jobs.begin(job, {"do": "translate", "model": model, "to": str(folder), "wish": wish})
        taken = _taken(job.id)
        return JSONResponse(taken, 202, {"Location": taken["status"]})

    @app.get("/v1/jobs/{number}", summary="How far a job is", responses={200: _example(_STATE)})
    async def state(number: str) -> dict[str, Any]:
        """queued, running, done, failed or cancelled; `done` of `of` tiles."""
        return jobs.find(number).tell()

    @app.get(
        "/v1/jobs/{number}/events",
        summary="How a job goes on",
        response_class=StreamingResponse,
        responses={200: {"description": "Server-sent events.", "content": {"text/event-stream": {}}}},
    )
    async def events(number: str) -> StreamingResponse:
        """The job's state at each change, until it has ended."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(jobs.find(number).events(), media_type="text/event-stream", headers=headers)

    @app.get("/v1/jobs/{number}/result", summary="What a job made", response_class=Response)
    async def result(number: str) -> Response:
        """The translation, as often as it is asked for, as long as the job is kept."""
        job = jobs.find(number)
        if job.state != "done" or not job.answer:
            why = job.error or f"the job is {job.state}"
            raise Problem(409, "no_result", f"{why}; there is no result to fetch")
        headers, files = timing(job.answer, job.model, job.seed), job.answer["files"]
        if len(files) == 1:
            return sent(job.folder / files[0], f"{stem(job.name)}{ending(files[0])}", headers, once=False)
        archive = job.folder / "samples.zip"
        if not archive.exists():
            named = [(job.folder / file, f"{stem(job.name)}.{file}") for file in files]
            await run_in_threadpool(pack, archive, named)
        return sent(archive, f"{stem(job.name)}.zip", headers, once=False)

    @app.delete(
        "/v1/jobs/{number}", summary="Cancel a job", responses={200: _example({**_STATE, "state": "cancelled"})}
    )
    async def cancel(number: str) -> dict[str, Any]:
        """Or forget what it made, if it is done."""
        job = jobs.find(number)
        jobs.cancel(job)
        return job.tell()


def _taken(number: str) -> dict[str, str]:
    at = f"/v1/jobs/{number}"
    return {"id": number, "status": at, "events": f"{at}/events", "result": f"{at}/result"}


def _example(value: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"example": value}}}
