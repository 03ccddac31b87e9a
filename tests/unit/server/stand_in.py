"""A worker without a network: speaks as `i2i.server.worker` does, and behaves as the name of the image says.

echo.png         the file itself, at once
sleep-0.5.png    the file itself, later; can't be cancelled meanwhile
die.png          the process ends; die-once.png: the first time only
tiles-40.png     a job of 40 tiles, 10 ms each, which can be cancelled
bad.png          an image that can't be read
"""

import json
import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path

MODEL = {
    "name": "echo", "title": "here to there", "engine": "none", "device": "cpu", "examples": [],
    "path": "/nowhere", "direction": None,
    "graph": {"url": None, "reason": "it has none"},
}  # fmt: skip


def main() -> None:
    lock, cancelled = threading.Lock(), set()

    def say(message):
        with lock:
            print(json.dumps(message), flush=True)

    settings = json.loads(sys.stdin.readline())
    if "fail" in settings["bundles"]:
        say({"fatal": "fail: is not a bundle"})
        return
    if "crash" in settings["bundles"]:
        os._exit(1)
    time.sleep(float(os.environ.get("STAND_IN_LOADS", "0")))
    say({"ready": {name: {**MODEL, "name": name} for name in settings["bundles"]}, "formats": [".png", ".tif"]})
    for line in sys.stdin:
        message = json.loads(line)
        if "cancel" in message:
            cancelled.add(message["cancel"])
            with Path(os.environ["STAND_IN_NOTES"]).open("a") as notes:
                notes.write("cancelled\n")
        else:
            threading.Thread(target=work, args=(message, say, cancelled), daemon=True).start()


def work(message, say, cancelled) -> None:
    number, wish = message["id"], message["wish"]
    name, begun = wish["name"], time.monotonic()
    if name.startswith("die"):
        memory = Path(os.environ["STAND_IN_NOTES"] + ".died")
        if "once" not in name or not memory.exists():
            memory.touch()
            os._exit(9)
    if name.startswith("bad"):
        say({"id": number, "error": {"status": 400, "code": "bad_image", "message": f"{name}: is no image"}})
        return
    if found := re.match(r"tiles-(\d+)", name):
        for done in range(int(found[1])):
            if number in cancelled:
                say({"id": number, "error": {"status": 499, "code": "cancelled", "message": "cancelled"}})
                return
            time.sleep(0.01)
            say({"id": number, "progress": [done + 1, int(found[1])]})
    if found := re.match(r"sleep-([\d.]+)\.", name):
        time.sleep(float(found[1]))
    files = [f"{n}{wish.get('suffix') or '.png'}" for n in range(1, wish.get("samples", 1) + 1)]
    try:
        for file in files:
            shutil.copyfile(wish["source"], Path(message["to"]) / file)
    except OSError as error:
        say({"id": number, "error": {"status": 503, "code": "storage", "message": str(error)}})
        return
    say({"batch": 1, "seconds": 0.001})
    say({"id": number, "files": files, "waited": begun - message["asked"], "seconds": time.monotonic() - begun})


if __name__ == "__main__":
    main()
