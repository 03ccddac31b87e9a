"""StarGAN: its terms by hand, who learns when, the domains that are drawn, and what is refused."""

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.nn import functional as F

from i2i.config import overlay
from i2i.data.samples import Batch
from i2i.data.survey import side_of
from i2i.discriminators import Classifying
from i2i.errors import ConfigError
from i2i.images import ImageSpec
from i2i.methods import build_method
from i2i.methods.contract import Phase
from i2i.methods.recipes import find_recipe
from i2i.methods.stargan import StarGAN
from i2i.training.loop import Step, seed_step
from i2i.training.setup import make_method, make_state

SIDE = 16
NAMES = ["cat", "dog", "wild"]


def configured(recipe="stargan", **changes):
    side = side_of(ImageSpec(3)).__dict__
    tree = {
        "data": {"input": side, "target": side, "size": SIDE},
        "domains": {"names": NAMES},
        "generator": {"width": 4, "blocks": 1},
        "discriminator": {"width": 4, "depth": 2 if recipe == "stargan" else 1},
        "training": {"images": 120, "batch": 3, "discriminator_steps": 1},
        "schedule": {"name": "constant"},
    }
    return overlay(overlay(find_recipe(recipe), tree), changes)


def make_step(config):
    method = make_method(config)
    return Step(config, method, make_state(config, method, torch.device("cpu")), Fabric(accelerator="cpu"))


def make_batch(seed=0):
    images = torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return Batch(images, images, domain=torch.tensor([2, 0, 1]))


def test_the_objective_is_the_papers():
    """Equations (5) and (6) and the classes of (2) and (3), the critic's by what D is before and after it learnt."""
    config = configured(domains={"names": NAMES, "class_weight": 3.0, "cycle_weight": 7.0})
    step, batch, x = make_step(config), make_batch(), make_batch().input
    G, D = (step.state.networks[name] for name in ("generator", "discriminator"))
    seed_step(config.training.seed, 0, 0, 0)
    wanted = torch.randint(3, (3,))
    labels = torch.eye(3)
    with torch.no_grad():
        fake = G(x, labels[wanted])
        judged, faked = D.judge(x), D.judge(fake)
        expected = {
            "discriminator.real": -judged[0][-1].mean(),
            "discriminator.fake": faked[0][-1].mean(),
            "discriminator.classes": -3 * F.log_softmax(D.classify(judged), dim=1)[range(3), [2, 0, 1]].mean(),
        }
    terms = step(batch)
    with torch.no_grad():
        faked = D.judge(fake)  # after its step
        told = F.log_softmax(D.classify(faked), dim=1)
        expected |= {
            "generator.adversarial": -faked[0][-1].mean(),
            "generator.classes": -3 * told[range(3), wanted.tolist()].mean(),
        }
    for name, term in expected.items():
        torch.testing.assert_close(terms[name], term, msg=name)
    assert list(terms) == [
        *list(expected)[:3],
        "discriminator.gradient-penalty",
        *list(expected)[3:],
        "generator.cycle",
    ]


def test_what_comes_back_is_told_the_images_own_domain():
    step, batch = make_step(configured(optimizer={"learning_rate": 0.0})), make_batch()
    G, labels = step.state.networks["generator"], torch.eye(3)
    terms = step(batch)
    seed_step(0, 0, 0, 0)
    with torch.no_grad():
        back = G(G(batch.input, labels[torch.randint(3, (3,))]), labels[batch.domain])
        torch.testing.assert_close(terms["generator.cycle"], 10 * (back - batch.input).abs().mean())


class LinearCritic(Classifying):
    """D_src(x) = ⟨w, x⟩, whose slope is ‖w‖ everywhere; the classes are constants."""

    def __init__(self, weight):
        super().__init__(3, smallest=1)
        self.weight = nn.Parameter(weight)

    def judge(self, image):
        return [[image, (image * self.weight).sum(dim=(1, 2, 3)).view(-1, 1, 1, 1)]]

    def classify(self, judged):
        return torch.zeros(len(judged[0][0]), 3)


def test_the_penalty_is_that_of_the_slope_of_a_linear_critic():
    method = build_method(configured())
    weight = torch.full((3, SIDE, SIDE), 0.1)
    critic, batch = LinearCritic(weight), make_batch()
    nets = {"generator": method.networks()["generator"], "discriminator": critic}
    terms = method.losses(Phase("discriminator", ("discriminator",)), nets, batch, method.generate(nets, batch))
    slope = 0.1 * (3 * SIDE * SIDE) ** 0.5
    torch.testing.assert_close(terms["gradient-penalty"], torch.tensor(10 * (slope - 1) ** 2))
    torch.testing.assert_close(terms["classes"], torch.tensor(3.0).log())


def test_by_cross_entropy_it_is_an_auxiliary_classifier():
    step, batch = make_step(configured("acgan")), make_batch()
    terms = step(batch)
    assert list(terms) == [
        "discriminator.real",
        "discriminator.fake",
        "discriminator.classes",
        "generator.adversarial",
        "generator.classes",
        "generator.cycle",
    ]
    assert all(term > 0 for term in terms.values())


def test_the_critic_learns_five_times_for_each_step_of_the_generator():
    step = make_step(configured(training={"discriminator_steps": 5}))
    before = [parameter.detach().clone() for parameter in step.state.networks["generator"].parameters()]
    for number in range(4):
        assert not any(name.startswith("generator.") for name in step(make_batch(number)))
    assert all(map(torch.equal, before, step.state.networks["generator"].parameters()))
    assert "generator.cycle" in step(make_batch(4))
    assert not any(map(torch.equal, before, step.state.networks["generator"].parameters()))


def test_all_domains_are_drawn_alike_and_again_the_same():
    method, batch = build_method(configured()), make_batch()
    counts, draws = torch.zeros(3), []
    for seen in (0, 1, 0):
        torch.manual_seed(seen)
        draws.append(method.generate(method.networks(), batch)["wanted"])
    assert torch.equal(draws[0], draws[2])
    nets = {"generator": lambda image, label: image}
    for _ in range(200):
        counts += torch.bincount(method.generate(nets, batch)["wanted"], minlength=3)
    assert counts.min() > 160, "about 200 each"


def test_parts_of_a_batch_keep_their_domains():
    step = make_step(configured(training={"batch": 3, "accumulate": 3}))
    whole = make_step(configured(training={"batch": 3}))
    classes = [each(make_batch())["discriminator.classes"] for each in (step, whole)]
    torch.testing.assert_close(*classes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"discriminator": {"conditional": True}}, "stargan has no input that belongs to a real image"),
        ({"loss": {"reconstruction": "l1"}}, "stargan has no target to compare an output with"),
        ({"loss": {"gradient_penalty_weight": 0.0}}, "without a bound on the critic's slope"),
        ({"discriminator": {"norm": "batch"}}, r"mixes the gradients of the images.*set discriminator\.norm=none"),
        ({"generator": {"name": "resnet"}}, "the resnet can't be told a domain; set generator.name=labelled"),
        ({"discriminator": {"name": "patch"}}, "the patch tells no domains apart; set discriminator.name=classifying"),
        ({"data": {"target": {"unit": "mm"}}}, r"data\.target: an image of a domain is an input and a target too"),
        ({"discriminator": {"depth": 6}}, r"the discriminator needs sides of at least 64; .*less discriminator.depth"),
    ],
)
def test_settings_that_contradict_it_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        StarGAN.from_config(configured(**changes))


@pytest.mark.parametrize("network", [{"generator": {"name": "labelled"}}, {"discriminator": {"name": "classifying"}}])
def test_its_networks_are_refused_by_methods_without_domains(network):
    side = side_of(ImageSpec(3)).__dict__
    config = overlay(find_recipe("pix2pix"), {"data": {"input": side, "target": side, "size": 64}, **network})
    config = overlay(config, {"generator": {"depth": 3}})
    with pytest.raises(ConfigError, match="one of several domains, and pix2pix has none; use --recipe stargan"):
        build_method(config)


def test_a_batch_without_domains_is_refused():
    method, images = build_method(configured()), make_batch().input
    nets, batch = method.networks(), Batch(images, images)
    with pytest.raises(ValueError, match="does not say of which domain"):
        method.losses(method.phases[0], nets, batch, method.generate(nets, batch))
