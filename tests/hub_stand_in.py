"""A hub of models on this machine: as much of its HTTP as huggingface_hub needs to create, push, look up and fetch."""

import base64
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import torch
from tiny import draw_pair

from i2i.bundle import BundleConfig, Reverse, save_bundle, save_examples
from i2i.discriminators import build_discriminator
from i2i.generators import build_generator
from i2i.images import ImageSpec

LARGE = 4096
"""Bytes from which on a file that is no text is stored apart, as the hub does with LFS."""


@dataclass
class Commit:
    """A state of a repository."""

    sha: str
    files: dict[str, bytes]
    message: str = ""


@dataclass
class Repository:
    """What the hub keeps of a model."""

    private: bool
    commits: list[Commit] = field(default_factory=list)
    gated: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    def add(self, files: dict[str, bytes], message: str = "") -> Commit:
        """A commit with just these files."""
        sha = hashlib.sha1(f"{len(self.commits)} {message} {sorted(files)}".encode()).hexdigest()
        self.commits.append(Commit(sha, dict(files), message))
        return self.commits[-1]

    def at(self, revision: str) -> Commit | None:
        """By branch, tag, or the beginning of a commit's name."""
        if revision == "main":
            return self.commits[-1]
        wanted = self.tags.get(revision, revision)
        return next((each for each in self.commits if len(wanted) >= 7 and each.sha.startswith(wanted)), None)


@dataclass
class Hub:
    """The stand-in's state, for tests to look at and to break.

    Attributes:
        repositories: by "owner/name".
        url: under which it is found.
        members: token → the name under which it may read and write.
        stored: large files by their SHA-256.
        requests: (method, path, Range header) of all that came.
        headers: of the same, by names in small letters.
        break_after: the next download is cut off after so many bytes, once.
        at_commit: called with a repository's name before a commit to it is judged.
        down: answer 503 to everything.
    """

    url: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=lambda: {"hf_ada": "ada"})
    stored: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    break_after: int | None = None
    at_commit: Callable[[str], None] = lambda name: None
    down: bool = False

    def size_of(self, content: bytes) -> int | None:
        """What is announced in place of the true size, for a test to lie with."""
        return None

    def paths(self, method: str) -> list[str]:
        """What was asked for by a method."""
        return [path for verb, path, _ in self.requests if verb == method]

    def publish(self, repository: str, files: dict[str, bytes], **about: bool) -> Repository:
        """Put a public repository there without asking anybody."""
        made = self.repositories.setdefault(repository, Repository(about.get("private", False)))
        made.gated = about.get("gated", False)
        made.add({".gitattributes": b"", **files})
        return made


@contextmanager
def serving() -> Iterator[Hub]:
    """A stand-in on a free port of this machine, until left."""
    hub = Hub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _RefusedError(Exception):
    def __init__(self, status: int, code: str = "", message: str = "") -> None:
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path, self.query = unquote(parts.path), parse_qs(parts.query)
        self.hub.requests.append((self.command, path, self.headers.get("Range") or ""))
        self.hub.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if self.hub.down:
                raise _RefusedError(503)
            for method, pattern, act in _ROUTES:
                match = re.fullmatch(pattern, path)
                if match and self.command in method:
                    act(self, *match.groups())
                    return
            raise _RefusedError(404, message=f"no such route: {self.command} {path}")
        except _RefusedError as refused:
            self._send(
                json.dumps({"error": refused.message}).encode(),
                refused.status,
                {"X-Error-Code": refused.code, "X-Error-Message": refused.message},
            )

    def _send(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _json(self, tree: object) -> None:
        self._send(json.dumps(tree).encode(), headers={"Content-Type": "application/json"})

    def _member(self) -> str | None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in self.hub.members:
            raise _RefusedError(401, message="Invalid credentials in Authorization header")
        return self.hub.members.get(token)

    def _readable(self, name: str) -> Repository:
        member, repository = self._member(), self.hub.repositories.get(name)
        if repository is None or (repository.private and member != name.partition("/")[0]):
            raise _RefusedError(404 if member else 401, "RepoNotFound", "Repository not found")
        return repository

    def _writable(self, name: str) -> Repository:
        repository = self._readable(name)
        if self._member() != name.partition("/")[0]:
            raise _RefusedError(403, message="You don't have the rights to write here")
        return repository

    def _commit(self, repository: Repository, revision: str) -> Commit:
        commit = repository.at(revision)
        if commit is None:
            raise _RefusedError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def create(self) -> None:
        asked = json.loads(self.body)
        member = self._member()
        name = f"{asked['organization'] or member}/{asked['name']}"
        if member is None:
            raise _RefusedError(401, message="Invalid username or password.")
        if member != name.partition("/")[0]:
            raise _RefusedError(403, message="You don't have the rights to create a model under this namespace")
        if name in self.hub.repositories:
            raise _RefusedError(409, message="You already created this model repo")
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.hub.repositories[name] = Repository(private)
        self.hub.repositories[name].add({".gitattributes": b""}, "initial commit")
        self._json({"url": f"{self.hub.url}/{name}", "name": name, "id": "1"})

    def validate(self) -> None:
        content = json.loads(self.body)["content"]
        if not content.startswith("---\n"):
            self._json({"warnings": [{"message": "empty or missing yaml metadata in repo card"}], "errors": []})
        elif "pipeline_tag: []" in content:
            wrong = {"warnings": [], "errors": [{"message": '"pipeline_tag" must be a string'}]}
            self._send(json.dumps(wrong).encode(), 400, {"Content-Type": "application/json"})
        else:
            self._json({"warnings": [], "errors": []})

    def info(self, name: str, revision: str | None) -> None:
        repository = self._readable(name)
        commit = self._commit(repository, revision or "main")
        files = [{"rfilename": path, "size": len(content)} for path, content in commit.files.items()]
        self._json(
            {
                "_id": "1",
                "id": name,
                "modelId": name,
                "sha": commit.sha,
                "private": repository.private,
                "gated": "manual" if repository.gated else False,
                "tags": [],
                "downloads": 0,
                "siblings": files,
            }
        )

    def preupload(self, name: str, _revision: str) -> None:
        self._writable(name)
        there = self.hub.repositories[name].at("main").files
        self._json(
            {
                "files": [
                    {
                        "path": file["path"],
                        "uploadMode": "lfs" if file["size"] >= LARGE or _binary(file["path"]) else "regular",
                        "shouldIgnore": False,
                        "oid": _oid(there[file["path"]]) if file["path"] in there else None,
                    }
                    for file in json.loads(self.body)["files"]
                ]
            }
        )

    def batch(self, name: str) -> None:
        self._writable(name)
        objects = []
        for each in json.loads(self.body)["objects"]:
            upload = {"upload": {"href": f"{self.hub.url}/store/{each['oid']}"}}
            there = each["oid"] in self.hub.stored
            objects.append({**each, "authenticated": True, **({} if there else {"actions": upload})})
        self._json({"transfer": "basic", "objects": objects})

    def store(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise _RefusedError(400, message="other content than announced")
        self.hub.stored[oid] = self.body
        self._send(b"")

    def commit(self, name: str, _revision: str) -> None:
        repository = self._writable(name)
        self.hub.at_commit(name)
        newest = repository.at("main")
        files, message = dict(newest.files), ""
        for line in self.body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
                if value.get("parentCommit", newest.sha) != newest.sha:
                    raise _RefusedError(412, message="The expected parent of the commit is not the tip of the branch")
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif item["key"] == "deletedFile":
                del files[value["path"]]
            else:
                raise _RefusedError(400, message=f"unknown operation {item['key']}")
        made = repository.add(files, message)
        self._json({"commitUrl": f"{self.hub.url}/{name}/commit/{made.sha}", "commitOid": made.sha})

    def resolve(self, name: str, revision: str, path: str) -> None:
        repository = self._readable(name)
        if repository.gated:
            raise _RefusedError(403 if self._member() else 401, "GatedRepo", f"Access to model {name} is restricted")
        commit = self._commit(repository, revision)
        about = {"X-Repo-Commit": commit.sha, "Accept-Ranges": "bytes"}
        if path not in commit.files:
            raise _RefusedError(404, "EntryNotFound", "Entry not found")
        content = commit.files[path]
        about["ETag"] = f'"{_oid(content)}"'
        size = self.hub.size_of(content) or len(content)
        if len(content) >= LARGE:
            about |= {"X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"', "X-Linked-Size": str(size)}
        first = int(re.sub(r"bytes=(\d+)-.*", r"\1", self.headers.get("Range") or "0"))
        if first:
            about["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        if self.command == "GET" and self.hub.break_after is not None and len(content) > self.hub.break_after:
            self._break_off(content[first:], self.hub.break_after, about)
            return
        self._send(content[first:], 206 if first else 200, about)

    def _break_off(self, content: bytes, after: int, about: dict[str, str]) -> None:
        """Announce all of it, send a part, and hang up."""
        self.hub.break_after = None
        self.send_response(200)
        for header, value in {**about, "Content-Length": str(len(content))}.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(content[:after])
        self.wfile.flush()
        self.close_connection = True


def _binary(path: str) -> bool:
    return path.endswith((".safetensors", ".bin", ".png", ".tif", ".tiff"))


def _oid(content: bytes) -> str:
    """As git names a blob."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


_NAME = r"([^/]+/[^/]+)"
_ROUTES = (
    (("POST",), r"/api/repos/create", _Handler.create),
    (("POST",), r"/api/validate-yaml", _Handler.validate),
    (("GET",), rf"/api/models/{_NAME}(?:/revision/(.+))?", _Handler.info),
    (("POST",), rf"/api/models/{_NAME}/preupload/(.+)", _Handler.preupload),
    (("POST",), rf"/api/models/{_NAME}/commit/(.+)", _Handler.commit),
    (("POST",), rf"/{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    (("PUT",), r"/store/(.+)", _Handler.store),
    (("GET", "HEAD"), rf"/{_NAME}/resolve/([^/]+)/(.+)", _Handler.resolve),
)


@contextmanager
def client_of(hub: Hub, cache: Path, token: str = "") -> Iterator[None]:
    """huggingface_hub talks to the stand-in, with a cache of its own, and to nobody else: that fails at the end."""
    import huggingface_hub
    from huggingface_hub import constants

    asked: set[str] = set()
    find = socket.getaddrinfo

    def find_here(host: object, *rest: object, **more: object) -> object:
        asked.add(str(host))
        assert host in ("127.0.0.1", "localhost"), f"{host} was asked for"
        return find(host, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", find_here)
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_TOKEN", token) if token else patch.delenv("HF_TOKEN", raising=False)
        patch.setattr(constants, "ENDPOINT", hub.url)
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}")
        patch.setattr(constants, "HF_URL_HOSTS", frozenset({"127.0.0.1"}), raising=False)
        patch.setattr(constants, "HF_HUB_CACHE", str(cache / "hub"))
        patch.setattr(constants, "HF_TOKEN_PATH", str(cache / "token"))
        for switch in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY"):
            patch.setattr(constants, switch, True)
        patch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield
        huggingface_hub.close_session()
    assert asked <= {"127.0.0.1", "localhost"}


def write_bundle(folder: Path, there_and_back: bool = False, **said: Any) -> Path:
    """A tiny bundle with all that one can have, trained by no one."""
    torch.manual_seed(0)
    networks = [
        build(name, in_channels=channels, width=4, **arguments)
        for _ in range(2)
        for build, name, channels, arguments in (
            (build_generator, "unet", 3, {"out_channels": 3, "depth": 3}),
            (build_discriminator, "patch", 6, {"depth": 1}),
        )
    ]
    generator, discriminator, reverse, judge = networks
    back = Reverse(reverse.description, "right-to-left", judge.description) if there_and_back else None
    config = BundleConfig(
        generator=generator.description,
        discriminator=discriminator.description,
        input=ImageSpec(3),
        target=ImageSpec(3),
        reverse=back,
        **{"size": (32, 32), "direction": "left-to-right", **said},
    )
    save_bundle(folder, generator, config, "---\ntags: [mine]\n---\n\n# A card\n\nUse THIS_FOLDER.\n", *networks[1:])
    save_examples(folder, [draw_pair(number)[0] for number in range(2)], config.input)
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their path in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
