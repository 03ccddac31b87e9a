import io
import json
import zipfile

import pytest


def test_an_image_comes_back_under_its_name(service):
    answer = service.translate("räum echo.png", b"some bytes", seed="7")
    assert answer.content == b"some bytes"
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["X-I2I-Model"] == "echo"
    assert answer.headers["X-I2I-Seed"] == "7"
    assert "filename*=UTF-8''r%C3%A4um%20echo.png" in answer.headers["Content-Disposition"]
    assert answer.headers["Server-Timing"].startswith("queue;dur=")
    assert service.spooled == []


@pytest.mark.parametrize("name", ["../../echo.png", "..\\echo.png", 'a"b.png', "a\tb.png", "x" * 300 + ".png", ".."])
def test_names_lead_nowhere(service, name):
    answer = service.translate(name)
    assert answer.status_code == 200
    assert "/" not in answer.headers["Content-Disposition"].replace("UTF-8''", "")
    assert len(answer.headers["Content-Disposition"]) < 700


def test_several_samples_come_as_a_zip(service):
    answer = service.translate("cat.png", samples="3", format="TIF")
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert names == ["cat.1.tif", "cat.2.tif", "cat.3.tif"]
    assert 'filename="cat.zip"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("fields", "code", "part"),
    [
        ({"sample": "2"}, "unknown_field", "did you mean 'samples'?"),
        ({"samples": "0"}, "bad_field", "samples: "),
        ({"samples": "many"}, "bad_field", "samples: "),
        ({"tile": "3"}, "bad_field", "tile: expected auto, off, or the side of a tile in pixels, 16 to 8192"),
        ({"dropout": "yes"}, "bad_field", "dropout: "),
        ({"as": "photo"}, "bad_field", "as: "),
        ({"seed": "1e3"}, "bad_field", "seed: "),
        ({"model": "other"}, "no_such_model", "expected one of echo"),
    ],
)
def test_a_field_that_is_wrong_is_named(service, fields, code, part):
    answer = service.translate("echo.png", **fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404 if code == "no_such_model" else 422, code)
    assert part in error["message"]
    assert "\n" not in error["message"]


def test_without_an_image_there_is_nothing_to_translate(service):
    answer = service.http.post("/v1/translate", data={"seed": "1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "missing_field")
    assert "image" in answer.json()["error"]["message"]
    empty = service.translate("empty.png", b"")
    assert (empty.status_code, empty.json()["error"]["code"]) == (400, "bad_image")
    assert "empty.png: is empty" in empty.json()["error"]["message"]
    for kind in ("application/json", "text/plain"):
        assert service.http.post("/v1/translate", content=b"{}", headers={"Content-Type": kind}).status_code == 422
    broken = service.http.post(
        "/v1/translate", content=b"--e\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=e"}
    )
    assert broken.status_code in (400, 422)
    assert broken.json()["error"]["message"]


def test_of_several_bundles_one_is_named(serving):
    with serving(bundles={"one": "a", "two": "b"}) as running:
        assert [each["name"] for each in running.http.get("/v1/models").json()["models"]] == ["one", "two"]
        answer = running.translate("echo.png")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "which_model")
        assert "one, two" in answer.json()["error"]["message"]
        assert running.translate("echo.png", model="two").headers["X-I2I-Model"] == "two"


def test_one_bad_file_of_a_batch_does_not_stop_the_rest(service):
    names = ["a.png", "bad.png", "b/a.png", "c.tif", "c.png", "empty.png"]
    files = [("images", (name, b"" if "empty" in name else name.encode())) for name in names]
    answer = service.http.post("/v1/batch", files=files)
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    report = json.loads(packed.read("report.json"))
    assert [each["name"] for each in report["files"]] == ["a.png", "bad.png", "a.png", "c.tif", "c.png", "empty.png"]
    assert [each["written"] for each in report["files"]] == [
        ["a.png-1.png"], [], ["a.png-2.png"], ["c.tif.png"], ["c.png.png"], []
    ]  # fmt: skip
    assert report["files"][1]["failed"] == "bad.png: is no image"
    assert "empty" in report["files"][5]["failed"]
    assert packed.read("a.png-2.png") == b"b/a.png"
    assert sorted(packed.namelist()) == ["a.png-1.png", "a.png-2.png", "c.png.png", "c.tif.png", "report.json"]
    assert service.spooled == []


def test_what_is_asked_of_a_large_batch_is_answered(service):
    files = [("images", (f"{number}.png", b"%d" % number)) for number in range(100)]
    answer = service.http.post("/v1/batch", files=files, data={"samples": "2"})
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert len(packed.namelist()) == 201
    assert packed.read("42.2.png") == b"42"


def test_models_do_not_tell_where_they_lie(service):
    told = service.http.get("/v1/models").json()
    assert told["limits"] == {"pixels": 100_000_000, "bytes": 64 * 2**20}
    assert told["formats"] == [".png", ".tif"]
    assert "/nowhere" not in json.dumps(told)
    assert service.http.get("/v1/models/echo").json() == told["models"][0]
    assert service.http.get("/v1/models/none").json()["error"]["code"] == "no_such_model"
    assert service.http.get("/v1/models/echo/examples/1.png").json()["error"]["code"] == "no_such_example"
    assert service.http.get("/v1/models/echo/graph.onnx").json()["error"]["message"] == "echo: it has none"


def test_openapi_tells_of_everything_with_examples(service):
    told = service.http.get("/openapi.json").json()
    paths = {
        "/health", "/ready", "/metrics", "/v1/models", "/v1/models/{name}", "/v1/models/{name}/card",
        "/v1/models/{name}/examples/{file}", "/v1/models/{name}/graph.onnx", "/v1/translate", "/v1/batch",
        "/v1/preview", "/v1/explain",
        "/v1/jobs", "/v1/jobs/{number}", "/v1/jobs/{number}/events", "/v1/jobs/{number}/result",
    }  # fmt: skip
    assert set(told["paths"]) == paths
    responses = told["paths"]["/v1/translate"]["post"]["responses"]
    assert "example" in responses["400"]["content"]["application/json"]
    assert {"400", "401", "413", "422", "429", "503", "504"} <= set(responses)
    form = told["components"]["schemas"]["Translate"]["properties"]
    assert set(form) == {"model", "samples", "seed", "tile", "dropout", "preview", "format", "image", "as"}
    assert all("description" in each for each in form.values())
    assert all("examples" in each for name, each in form.items() if name != "image")
    assert service.http.get("/docs").status_code == 404


def test_metrics_are_what_happened(service):
    service.translate("echo.png")
    service.translate("bad.png")
    service.http.get("/secret/path")
    text = service.http.get("/metrics").text
    assert 'i2i_requests_total{method="POST",path="/v1/translate",status="200"} 1.0' in text
    assert 'i2i_requests_total{method="POST",path="/v1/translate",status="400"} 1.0' in text
    assert 'i2i_requests_total{method="GET",path="(other)",status="404"} 1.0' in text
    assert "secret" not in text
    assert "i2i_workers 1.0" in text
    assert "i2i_batch_images_sum 1.0" in text
    assert 'i2i_resident_bytes{process="worker-0"}' in text


@pytest.mark.parametrize(
    "path", ["/page/../app.py", "/page/%2e%2e/app.py", "/vendor/..%2f..%2fserver/app.py", "/shared//etc/passwd"]
)
def test_the_page_is_all_that_is_served_of_files(service, path):
    assert service.http.get(path).status_code == 404


def test_files_of_the_page_are_sent_once(service):
    answer = service.http.get("/shared/look.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    again = service.http.get("/shared/look.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
