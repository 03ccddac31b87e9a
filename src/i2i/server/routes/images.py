"""Images in, images out, while the client waits."""

import asyncio
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from i2i.server.fields import Batch, Explain, Preview, Translate
from i2i.server.problems import Problem
from i2i.server.service import Service, ending, received, sent, stem, timing
from i2i.server.spool import plain_name

_FORM = "multipart/form-data"
_IMAGE: dict[str, Any] = {
    "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        "X-I2I-Model": {"description": "By which bundle.", "schema": {"type": "string"}},
        "X-I2I-Seed": {"description": "Of the first sample.", "schema": {"type": "integer"}},
        "Server-Timing": {
            "description": "Milliseconds in the queue and in the network.",
            "schema": {"type": "string", "example": "queue;dur=12.1, model;dur=71.8"},
        },
    },
}
_ZIP: dict[str, Any] = {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}


def add_images(app: FastAPI, service: Service) -> None:
    """POST /v1/translate, /v1/batch, /v1/preview, /v1/explain."""

    @app.post(
        "/v1/translate",
        summary="Translate an image",
        response_class=Response,
        responses={200: {"description": "The translation; of several samples a ZIP.", **_IMAGE}},
    )
    async def translate(request: Request, form: Annotated[Translate, Form(media_type=_FORM)]) -> Response:
        """Of the same size, in the type that the target was trained with. Metadata of the file goes along."""
        model = service.model(request, form.model)["name"]
        folder = service.spool.new()
        try:
            source, name = await received(form.image, folder)
            answer = await service.ask(request, folder, source, "translate", model, {}, name=name, **form.wish())
            headers = timing(answer, model, form.seed)
            files = answer["files"]
            if len(files) == 1:
                return sent(folder / files[0], f"{stem(name)}{ending(files[0])}", headers)
            archive = folder / "samples.zip"
            await run_in_threadpool(pack, archive, [(folder / file, f"{stem(name)}.{file}") for file in files])
            return sent(archive, f"{stem(name)}.zip", headers)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @app.post(
        "/v1/batch",
        summary="Translate several images",
        response_class=Response,
        responses={200: {"description": "The translations, and report.json on each image.", **_ZIP}},
    )
    async def batch(request: Request, form: Annotated[Batch, Form(media_type=_FORM)]) -> Response:
        """What can't be read is told in report.json and does not stop the rest."""
        model = service.model(request, form.model)["name"]
        folder = service.spool.new()
        room = asyncio.Semaphore(2 * service.settings.batch)

        async def one(number: int, upload: UploadFile, name: str) -> dict[str, Any]:
            own = folder / str(number)
            own.mkdir()
            told: dict[str, Any] = {"name": plain_name(upload)}
            try:
                async with room:
                    source, called = await received(upload, own)
                    answer = await service.ask(
                        request, own, source, "translate", model, {}, name=called, **form.wish()
                    )  # fmt: skip
            except Problem as problem:
                if problem.status_code in (499, 503):
                    raise
                return {**told, "written": [], "failed": problem.detail}
            files = answer["files"]
            names = [f"{name}{ending(files[0])}"] if len(files) == 1 else [f"{name}.{file}" for file in files]
            return {**told, "written": names, "from": [str(own / file) for file in files]}

        try:
            names = _names([plain_name(upload) for upload in form.images])
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(one(n, *each)) for n, each in enumerate(zip(form.images, names, strict=True))
                ]
            report = [task.result() for task in tasks]
            made = [pair for each in report for pair in zip(each.pop("from", []), each["written"], strict=True)]
            about = {"model": model, "seed": form.seed, "files": report}
            archive = folder / "translations.zip"
            await run_in_threadpool(pack, archive, [(Path(path), name) for path, name in made], about)
            return sent(archive, "translations.zip", {"X-I2I-Model": model, "X-I2I-Seed": str(form.seed)})
        except BaseExceptionGroup as group_of:
            shutil.rmtree(folder, ignore_errors=True)
            raise group_of.exceptions[0] from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @app.post(
        "/v1/preview",
        summary="Show an input",
        response_class=Response,
        responses={200: {"description": "8-bit PNG.", "content": {"image/png": {}}}},
    )
    async def preview(request: Request, form: Annotated[Preview, Form(media_type=_FORM)]) -> Response:
        """As the bundle's input is seen: the value range from black to white, classes in their colours."""
        model = service.model(request, form.model)["name"]
        with service.spool.borrowed() as folder:
            source, name = await received(form.image, folder)
            return await service.preview_of(request, source, name, model)

    @app.post(
        "/v1/explain",
        summary="Explain a translation",
        response_class=Response,
        responses={
            200: {
                "description": "8-bit grey PNG of the image's size; X-I2I-Low and X-I2I-High are black and white.",
                "content": {"image/png": {}},
            }
        },
    )
    async def explain(request: Request, form: Annotated[Explain, Form(media_type=_FORM)]) -> Response:
        """What the discriminator believes of each patch, or where samples under dropout differ."""
        model = service.model(request, form.model)["name"]
        with service.spool.borrowed() as folder:
            source, name = await received(form.image, folder)
            fields = {"what": form.what, "samples": form.samples}
            answer = await service.ask(
                request,
                folder,
                source,
                "explain",
                model,
                fields,
                name=name,
                seed=form.seed,
                drawn=form.kind == "drawing",
            )
            scale = {"X-I2I-Low": repr(answer["low"]), "X-I2I-High": repr(answer["high"])}
            headers = timing(answer, model, form.seed) | scale | {"X-I2I-Meaning": answer["meaning"]}
            return Response((folder / answer["files"][0]).read_bytes(), media_type="image/png", headers=headers)


def _names(given: Sequence[str]) -> list[str]:
    """Of the translations, without ending: the ending stays where two differ by it alone, and a number tells twins."""
    stems, names = Counter(stem(name) for name in given), Counter(given)
    seen: Counter[str] = Counter()
    told = []
    for name in given:
        seen[name] += 1
        base = stem(name) if stems[stem(name)] == 1 else name
        told.append(base if names[name] == 1 else f"{base}-{seen[name]}")
    return told


def pack(archive: Path, files: Sequence[tuple[Path, str]], report: dict[str, Any] | None = None) -> None:
    """Put files into a ZIP under names of their own, with a report as report.json; they are compressed already."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for path, name in files:
            packed.write(path, name)
        if report is not None:
            packed.writestr("report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
