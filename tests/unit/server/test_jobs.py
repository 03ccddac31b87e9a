import json

import pytest


@pytest.fixture
def begin(service):
    def begin(name: str, **fields: str) -> dict[str, str]:
        answer = service.http.post("/v1/jobs", files={"image": (name, b"content")}, data=fields)
        assert answer.status_code == 202, answer.text
        assert answer.headers["Location"] == answer.json()["status"]
        return answer.json()

    return begin


def state(service, job) -> dict[str, object]:
    return service.http.get(job["status"]).json()


def test_a_job_is_told_of_tile_by_tile_until_it_has_ended(service, begin):
    job = begin("tiles-20.png")
    with service.http.stream("GET", job["events"]) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: ")]
    assert told[-1] == {"id": job["id"], "state": "done", "done": 20, "of": 20, "error": None}
    progress = [each["done"] for each in told]
    assert progress == sorted(progress)
    assert len(set(progress)) > 5
    assert state(service, job) == told[-1]


def test_its_result_can_be_fetched_again_and_again(service, begin):
    job = begin("tiles-1.tif", samples="1", format="tif")
    service.until(lambda: state(service, job)["state"] == "done")
    for _ in range(2):
        answer = service.http.get(job["result"])
        assert (answer.status_code, answer.content) == (200, b"content")
        assert 'filename="tiles-1.tif"' in answer.headers["Content-Disposition"]
    service.http.delete(job["status"])
    assert service.http.get(job["result"]).status_code == 409
    assert service.spooled == []


def test_several_samples_come_as_a_zip(service, begin):
    job = begin("echo.png", samples="3")
    service.until(lambda: state(service, job)["state"] == "done")
    answer = service.http.get(job["result"])
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content.startswith(b"PK")


def test_a_job_that_runs_is_cancelled_at_once(service, begin):
    job = begin("tiles-1000.png")
    service.until(lambda: state(service, job)["done"] > 3)
    assert service.http.delete(job["status"]).json()["state"] == "cancelled"
    service.until(lambda: service.pool.running == 0, 3)
    assert service.notes.read_text() == "cancelled\n"
    assert state(service, job)["state"] == "cancelled"
    answer = service.http.get(job["result"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_result")
    service.until(lambda: service.spooled == [])
    with service.http.stream("GET", job["events"]) as stream:  # what has ended is told at once
        assert len([line for line in stream.iter_lines() if line]) == 1


def test_a_worker_has_one_job_at_a_time_and_small_images_beside(service, begin):
    first, second = begin("tiles-60.png"), begin("tiles-3.png")
    service.until(lambda: state(service, first)["state"] == "running")
    assert service.translate("echo.png").status_code == 200
    assert state(service, second)["state"] == "queued"
    assert state(service, first)["state"] == "running"
    service.http.delete(first["status"])
    service.until(lambda: state(service, second)["state"] == "done")


def test_a_job_that_fails_says_why(service, begin):
    job = begin("bad.png")
    service.until(lambda: state(service, job)["state"] == "failed")
    assert state(service, job)["error"] == "bad.png: is no image"
    assert "is no image" in service.http.get(job["result"]).json()["error"]["message"]
    assert service.spooled == []


def test_a_job_outlives_its_worker(service, begin):
    job = begin("die-once.png")
    service.until(lambda: state(service, job)["state"] == "done")
    assert service.http.get(job["result"]).content == b"content"
    assert service.pool.restarts == 1


def test_jobs_are_few_and_are_forgotten(serving):
    with serving(jobs=2) as running:

        def begin(name):
            return running.http.post("/v1/jobs", files={"image": (name, b"content")})

        first, second = begin("tiles-1000.png").json(), begin("tiles-1000.png").json()
        refused = begin("echo.png")
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_jobs")
        assert refused.headers["Retry-After"] == "30"
        running.http.delete(first["status"])
        third = begin("echo.png")
        assert third.status_code == 202
        assert running.http.get(first["status"]).status_code == 404
        running.http.delete(second["status"])
    with serving(keep=0.05) as running:
        old = running.http.post("/v1/jobs", files={"image": ("echo.png", b"content")}).json()
        running.until(lambda: running.http.get(old["status"]).json()["state"] == "done")
        running.until(
            lambda: (
                running.http.post("/v1/jobs", files={"image": ("echo.png", b"content")})
                and running.http.get(old["status"]).status_code == 404
            )
        )


def test_ids_can_not_be_guessed(service, begin):
    ids = {begin("echo.png")["id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(each) >= 22 for each in ids)
    assert service.http.get("/v1/jobs/1").status_code == 404
