import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest


def test_a_worker_that_dies_costs_nobody_an_answer(service):
    first = service.pool.processes()
    with ThreadPoolExecutor(4) as clients:
        answers = [clients.submit(service.translate, "sleep-0.4.png", b"%d" % n) for n in range(4)]
        service.until(lambda: service.pool.running == 4)
        os.kill(first[0], signal.SIGKILL)
        for number, answer in enumerate(answers):
            assert (answer.result().status_code, answer.result().content) == (200, b"%d" % number)
    assert service.pool.restarts == 1
    assert service.pool.processes() != first
    assert service.spooled == []


def test_another_worker_takes_over_at_once(serving):
    with serving(workers=2) as running:
        running.until(lambda: len(running.pool.processes()) == 2)
        with ThreadPoolExecutor(8) as clients:
            answers = list(
                clients.map(lambda n: running.translate("die-once.png" if n == 0 else "sleep-0.1.png"), range(8))
            )
        assert [answer.status_code for answer in answers] == [200] * 8


def test_an_image_over_which_workers_die_is_given_up_and_the_service_lives(service):
    answer = service.translate("die.png")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "worker_died")
    assert int(answer.headers["Retry-After"]) >= 1
    assert service.translate("echo.png").status_code == 200
    assert service.pool.restarts == 2


def test_it_is_up_before_the_weights_are_read(serving, monkeypatch):
    monkeypatch.setenv("STAND_IN_LOADS", "1.5")
    with serving(ready=False) as running:
        assert running.http.get("/health").status_code == 200
        ready = running.http.get("/ready")
        assert (ready.status_code, ready.headers["Retry-After"]) == (503, "2")
        answer = running.translate("echo.png")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "not_ready")
        running.until(lambda: running.http.get("/ready").status_code == 200)
        assert running.translate("echo.png").status_code == 200


def test_what_can_not_be_loaded_is_told(serving):
    with serving(ready=False, bundles={"fail": "fail"}) as running:
        running.until(lambda: running.pool.failure is not None)
        assert running.pool.failure == "fail: is not a bundle"


def test_workers_that_never_come_up_are_given_up(serving):
    with serving(ready=False, bundles={"crash": "crash"}) as running:
        running.until(lambda: running.pool.failure is not None)
        assert "end while they read the bundles" in running.pool.failure


def test_who_hangs_up_is_no_longer_worked_for(service):
    edge = b'--e\r\nContent-Disposition: form-data; name="image"; filename="tiles-500.png"\r\n\r\nx\r\n--e--\r\n'
    head = f"POST /v1/translate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(edge)}\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=e\r\n\r\n".encode() + edge)
        service.until(lambda: service.pool.running == 1)
    service.until(lambda: service.pool.running == 0, 3)
    assert service.notes.read_text() == "cancelled\n"
    service.until(lambda: service.spooled == [])


def test_what_takes_too_long_is_told_so(serving):
    with serving(timeout=0.4) as running:
        answer = running.translate("sleep-1.0.png")
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "too_slow")
        assert "/v1/jobs" in answer.json()["error"]["message"]
        assert running.spooled == []


def test_a_worker_that_hangs_is_ended(serving):
    with serving(timeout=0.2) as running:
        first = running.pool.processes()
        assert running.translate("sleep-60.png").status_code == 504
        running.until(lambda: running.pool.restarts == 1)
        running.until(lambda: running.pool.is_ready and running.pool.processes() != first)
        running.until(lambda: running.translate("echo.png").status_code == 200)  # 0.2 s is little on a busy machine


def test_a_worker_is_not_given_more_than_it_can_hold(serving):
    with serving(batch=1, queue=20) as running, ThreadPoolExecutor(8) as clients:
        answers = [clients.submit(running.translate, "sleep-0.3.png") for _ in range(8)]
        running.until(lambda: running.pool.running + running.pool.waiting == 8)
        assert running.pool.running == 3
        assert {answer.result().status_code for answer in answers} == {200}


def test_stopping_takes_nothing_new_and_finishes_what_is_running(serving):
    answers = []
    with serving() as running:
        thread = threading.Thread(target=lambda: answers.append(running.translate("sleep-0.8.png")))
        thread.start()
        running.until(lambda: running.pool.running == 1)
        running.server.stop()
        running.until(lambda: running.http.get("/ready").status_code == 503)
        refused = running.translate("echo.png")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "stopping")
        assert running.http.get("/health").status_code == 200
        thread.join()
    assert [answer.status_code for answer in answers] == [200]


def test_what_takes_longer_than_the_grace_is_told_so_and_nothing_stays_behind(serving):
    answers = []
    with serving(grace=0.2) as running:
        processes, folder = running.pool.processes(), running.application.service.spool.folder
        thread = threading.Thread(target=lambda: answers.append(running.translate("sleep-9.png")))
        thread.start()
        running.until(lambda: running.pool.running == 1)
        assert folder.exists()
        running.server.stop()
        thread.join()
    assert (answers[0].status_code, answers[0].json()["error"]["code"]) == (503, "stopping")
    assert not folder.exists()
    for process in processes:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
