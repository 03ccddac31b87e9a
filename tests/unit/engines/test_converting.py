"""A conversion is done once, kept, and found again; what is damaged or of another network is never run."""

import os

import pytest
import torch
from tiny import shown

from i2i.engines import EngineFailure, Job, Network, converting, eager, fold
from i2i.layers.modes import prepare


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "i2i" / "graphs"


@pytest.fixture
def written(monkeypatch):
    """Graphs hold the weights as torch saves them; what is written is counted."""
    networks = []

    def write(network, path):
        networks.append(network)
        torch.save(network.state_dict(), path)

    monkeypatch.setattr(converting, "write_graph", write)
    return networks


def load(graph, job):
    network = fold(job.generator)
    network.load_state_dict(torch.load(graph, weights_only=True))
    return torch.inference_mode()(network)


def test_the_second_time_nothing_is_converted(make_generator, folder, written):
    generator = make_generator()
    first, second = (converting.converted(Job(generator), load) for _ in range(2))
    assert len(written) == len(list(folder.iterdir())) == 1
    assert isinstance(first, Network)
    torch.testing.assert_close(second(shown(2)), eager.build(Job(generator))(shown(2)), rtol=0, atol=1e-5)
    assert 0 < second.difference < 1e-5


def test_other_weights_and_another_policy_are_other_graphs(make_generator, folder, written):
    generator = make_generator()
    converting.converted(Job(generator), load)
    with torch.no_grad():
        next(generator.parameters())[0, 0, 0, 0] += 1e-6
    converting.converted(Job(generator), load)
    prepare(generator, statistics="batch", dropout=False)
    converting.converted(Job(generator), load)
    assert len(written) == len(list(folder.iterdir())) == 3


def test_layers_that_differ_in_no_weight_are_other_graphs(make_generator, folder, written):
    for padding in ("reflect", "zeros"):
        assert converting.converted(Job(make_generator("resnet", padding=padding, norm="none")), load).difference < 1e-5
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("damage", [lambda content: content[: len(content) // 2], lambda content: b""])
def test_a_damaged_graph_is_made_anew(make_generator, folder, written, damage):
    job = Job(make_generator())
    converting.converted(job, load)
    graph = next(folder.iterdir())
    whole = graph.read_bytes()
    graph.write_bytes(damage(whole))
    assert converting.converted(job, load).difference < 1e-5
    assert len(written) == 2
    assert graph.read_bytes() == whole


def test_a_graph_that_gives_something_else_is_made_anew(make_generator, folder, written):
    job = Job(make_generator())
    converting.converted(job, load)
    graph = next(folder.iterdir())
    state = torch.load(graph, weights_only=True)
    torch.save({name: tensor * 1.1 for name, tensor in state.items()}, graph)
    assert converting.converted(job, load).difference < 1e-5
    assert len(written) == 2


def test_who_is_in_a_hurry_gets_a_kept_graph_or_none(make_generator, written):
    generator = make_generator()
    hurried = Job(generator, patient=False)
    with pytest.raises(EngineFailure, match="would have to be converted"):
        converting.converted(hurried, load)
    converting.converted(Job(generator), load)
    assert converting.converted(hurried, load).difference < 1e-5
    with pytest.raises(EngineFailure, match="would have to be converted"):
        converting.converted(Job(make_generator("resnet"), patient=False), load)
    assert len(written) == 1


def test_what_will_not_come_again_is_not_kept(make_generator, folder, written):
    assert converting.converted(Job(make_generator(), keeps=False), load).difference < 1e-5
    assert len(written) == 1
    assert not folder.exists()


def test_without_a_folder_to_keep_it_in_it_is_converted_all_the_same(make_generator, folder, written):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file, where the folder should be")
    assert converting.converted(Job(make_generator()), load).difference < 1e-5
    assert folder.is_file()


def test_what_differs_even_when_new_is_refused(make_generator, written):
    with pytest.raises(EngineFailure, match=r"differs from eager by 0\.5"):
        converting.converted(Job(make_generator()), lambda graph, job: lambda images: eager.build(job)(images) + 0.5)


def test_the_oldest_graphs_make_room_for_the_newest(make_generator, folder, written, monkeypatch):
    generator = make_generator()
    converting.converted(Job(generator), load)
    size = next(folder.iterdir()).stat().st_size
    monkeypatch.setattr(converting, "LIMIT", 5 * size // 2)
    for number in range(2):
        (folder / f"{number}.onnx").write_bytes(bytes(size))
        os.utime(folder / f"{number}.onnx", (number, number))
    prepare(generator, statistics="batch", dropout=False)
    converting.converted(Job(generator), load)
    assert {path.name for path in folder.iterdir()} >= {path.name for path in folder.glob("*.onnx")}
    assert len(list(folder.iterdir())) == 2
    assert not (folder / "0.onnx").exists()
    assert not (folder / "1.onnx").exists()


def test_nothing_half_written_is_left_behind(make_generator, folder, monkeypatch):
    def write(network, path):
        path.write_bytes(b"half")
        raise EngineFailure("it can't be converted")

    monkeypatch.setattr(converting, "write_graph", write)
    with pytest.raises(EngineFailure):
        converting.converted(Job(make_generator()), load)
    assert not list(folder.iterdir())
