"""The method of distillation, on a teacher of random weights."""

import pytest
import torch
from lightning_fabric import Fabric

from i2i.bundle import BundleConfig, load_bundle, save_bundle
from i2i.config import Config, Translation, overlay
from i2i.data.samples import Batch
from i2i.data.survey import side_of
from i2i.errors import BundleError, ConfigError, RunError
from i2i.generators import build_generator
from i2i.images import ImageSpec
from i2i.methods import build_method
from i2i.training.loop import Step
from i2i.training.setup import make_method, make_state
from i2i.translator import load

SIDE = 16
POLICIES = [Translation("batch"), Translation("running"), Translation("batch", dropout=True)]


@pytest.fixture
def teach(tmp_path):
    """A teacher's bundle: by name of the generator and policy."""

    def make(name="unet", policy=POLICIES[0], **changes):
        shape = {"blocks": 2, "dropout": True} if name == "resnet" else {"depth": 4, "dropout": [1]}
        torch.manual_seed(0)
        teacher = build_generator(name, in_channels=3, out_channels=3, width=8, **(shape | changes))
        teacher.train()
        for _ in range(20):
            teacher(torch.randn(4, 3, SIDE, SIDE))  # so that running statistics are not those of the start
        side = ImageSpec(3)
        described = BundleConfig(teacher.description, side, side, size=(SIDE, SIDE), translation=policy)
        save_bundle(tmp_path / "teacher", teacher, described, "card")
        return tmp_path / "teacher"

    return make


def configured(teacher, **changes):
    side = side_of(ImageSpec(3))
    tree = {
        "method": "distill",
        "data": {"size": SIDE},
        "generator": {"width": 4, "depth": 4, "blocks": 2, "dropout": []},
        "discriminator": {"width": 4, "depth": 1},
        "distill": {"teacher": str(teacher), "budget": 0.5, "feature_weight": 2.0, "output_weight": 3.0},
        "training": {"images": 100, "batch": 4},
    }
    config = overlay(Config(), tree)
    return overlay(overlay(config, {"data": {"input": side.__dict__, "target": side.__dict__}}), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(count=4):
    draw = torch.Generator().manual_seed(1)
    given, wanted = torch.rand(2, count, 3, SIDE, SIDE, generator=draw) * 2 - 1
    return Batch(given, wanted)


@pytest.mark.parametrize("name", ["unet", "resnet", "encoder-decoder"])
def test_the_terms_are_the_papers_objective(teach, name):
    step = make_step(configured(teach(name), generator={"name": name}))
    method, nets, batch = step.method, step.state.networks, make_batch()
    seen = {}
    for role, network in (("learnt", nets["generator"]), ("taught", method.teacher)):
        for layer in network.features:
            network.get_submodule(layer).register_forward_hook(
                lambda _, __, out, key=(role, layer): seen.setdefault(key, []).append(out.detach())
            )
    terms = step(batch)
    distances = [
        (nets["maps"][number](seen["learnt", layer][0]) - torch.cat(seen["taught", layer])).square().mean()
        for number, layer in enumerate(method.teacher.features)
    ]
    assert len(distances) >= 3
    assert set(terms) == {
        "discriminator.real",
        "discriminator.fake",
        "generator.adversarial",
        "generator.reconstruction",
        "generator.output",
        "generator.features",
    }
    # f_t have taken a step since, which moves a distance by a little.
    torch.testing.assert_close(terms["generator.features"], 2 * torch.stack(distances).sum(), rtol=0.01, atol=0)


def test_the_teachers_output_is_what_it_gives_when_it_translates(teach):
    for policy in POLICIES[:2]:
        bundle = teach(policy=policy)
        method, batch = build_method(configured(bundle)), make_batch()
        outputs = method.generate(method.networks(), batch)
        torch.testing.assert_close(outputs["taught"], load(bundle, device="cpu").predict(batch.input))
        distance = 3 * (outputs["fake"] - outputs["taught"]).abs().mean()
        generator = method.phases[-1]
        torch.testing.assert_close(method.losses(generator, method.networks(), batch, outputs)["output"], distance)


def test_where_the_target_is_no_reading_nothing_is_learnt_of_the_teachers_output(teach):
    method, batch = build_method(configured(teach())), make_batch()
    masked = Batch(batch.input, batch.target, torch.zeros_like(batch.target, dtype=torch.bool))
    outputs = method.generate(method.networks(), masked)
    assert method.losses(method.phases[-1], method.networks(), masked, outputs)["output"].item() == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_the_teacher_stays_as_it_was_and_is_in_no_checkpoint(teach, policy):
    bundle = teach(policy=policy)
    step = make_step(configured(bundle))
    for _ in range(2):
        step(make_batch())
    kept = load_bundle(bundle).generator.state_dict()
    assert all(torch.equal(kept[name], tensor) for name, tensor in step.method.teacher.state_dict().items())
    assert not any(weights.requires_grad or weights.grad is not None for weights in step.method.teacher.parameters())
    assert set(step.state.networks) == {"generator", "discriminator", "maps"}
    assert not any(
        layer._forward_hooks for net in (step.method.teacher, *step.state.networks.values()) for layer in net.modules()
    )


def test_the_maps_learn_with_the_student_and_are_left_out_without_features(teach):
    bundle = teach()
    step = make_step(configured(bundle))
    before = [weights.detach().clone() for weights in step.state.networks["maps"].parameters()]
    step(make_batch())
    assert not any(map(torch.equal, before, step.state.networks["maps"].parameters()))
    plain = build_method(configured(bundle, distill={"feature_weight": 0, "output_weight": 0}))
    assert set(plain.networks()) == {"generator", "discriminator"}
    outputs = plain.generate(plain.networks(), make_batch())
    assert set(plain.losses(plain.phases[-1], plain.networks(), make_batch(), outputs)) == {
        "adversarial",
        "reconstruction",
    }


def test_features_alone_bring_the_student_nearer_to_its_teacher(teach):
    changes = {"loss": {"adversarial": "none", "reconstruction_weight": 0}, "optimizer": {"learning_rate": 0.01}}
    step = make_step(configured(teach(policy=POLICIES[1]), distill={"output_weight": 0}, **changes))
    values = [float(step(make_batch())["generator.features"]) for _ in range(30)]
    assert values[-1] < 0.7 * values[0]


def test_the_discriminator_begins_as_the_teachers_where_its_run_is_at_hand(teach):
    bundle = teach()
    taught = make_step(configured(bundle)).state
    for weights in taught.networks["discriminator"].parameters():
        weights.data.fill_(0.5)
    taught.save(bundle / "checkpoint.pt")
    started = build_method(configured(bundle)).networks()["discriminator"]
    assert all(bool((weights == 0.5).all()) for weights in started.parameters())
    other = build_method(configured(bundle, discriminator={"width": 5})).networks()["discriminator"]
    assert not any(bool((weights == 0.5).all()) for weights in other.parameters())
    (bundle / "checkpoint.pt").write_bytes(b"PK no more")
    with pytest.raises(RunError, match=r"checkpoint\.pt: is damaged"):
        build_method(configured(bundle))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"distill": {"teacher": ""}}, "distill.teacher: missing"),
        ({"distill": {"budget": 0.01}}, r"distill\.budget: allows [\d,]+ multiply-adds and the student takes [\d,]+;"),
        ({"data": {"size": 32}}, "data.size 32x32: the teacher was trained at 16x16"),
        ({"data": {"input": {"channels": 1}}}, "translates 3 channels uint8 into 3 channels uint8, the student is to"),
        ({"generator": {"name": "resnet"}}, "the student has 4 layers to compare, .*, the teacher 3;"),
        ({"generator": {"depth": 3}}, "the student has 2 layers to compare"),
    ],
)
def test_a_student_that_cannot_learn_from_this_teacher_is_refused(teach, changes, expected):
    with pytest.raises(ConfigError, match=expected):
        build_method(configured(teach(), **changes))


def test_a_teacher_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BundleError, match="no such folder"):
        build_method(configured(tmp_path / "none"))


def test_another_architecture_can_learn_from_outputs(teach):
    config = configured(teach(), generator={"name": "resnet", "width": 2}, distill={"feature_weight": 0, "budget": 1e9})
    assert "generator.output" in make_step(config)(make_batch())
