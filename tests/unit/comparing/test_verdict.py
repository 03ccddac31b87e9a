from dataclasses import replace

from i2i.comparing.budget import Budget
from i2i.comparing.rows import Row
from i2i.comparing.verdict import describe_leads, notes
from i2i.metrics.bootstrap import Interval
from i2i.metrics.paired import PAIRED
from i2i.metrics.sliced import SLICED_WASSERSTEIN

MEASURES = {"psnr": PAIRED["psnr"], "l1": PAIRED["l1"], "sliced_wasserstein": SLICED_WASSERSTEIN}


def test_the_sentences_say_what_is_better_worse_and_not_told_apart(methods):
    scored = methods[:3]
    assert describe_leads(scored, MEASURES) == [
        "bold<b> is better in PSNR than pix2pix; in L1 they can't be told apart.",
        "cut is worse in PSNR and L1 than pix2pix.",
        "By Sliced Wasserstein, of sets and without a test, bold<b> is the best.",
    ]
    level = replace(scored[1], leads={"l1": scored[1].leads["l1"]})
    assert describe_leads([scored[0], level], MEASURES)[0] == "bold<b> and pix2pix can't be told apart, in L1."
    assert describe_leads(scored[:1], MEASURES) == ["Only one method has scores: there is nothing to compare it with."]


def test_a_best_without_an_interval_is_measured_by_its_seeds(methods):
    first, second, _ = (replace(row, seeds=(0, 1)) for row in methods[:3])

    def told(means):
        rows = [
            replace(row, by_seed={"sliced_wasserstein": each}) for row, each in zip((first, second), means, strict=True)
        ]
        return describe_leads(rows, MEASURES)[-1]

    assert told([(0.5, 0.6), (0.2, 0.3)]).endswith("bold<b> is the best, with every seed.")
    assert told([(0.5, 0.25), (0.2, 0.3)]).endswith("bold<b> is the best, but not with every seed.")


def remarks(methods, split="held-out", images=40, seeds=1, budget=None, baselines=()):
    return notes(methods, baselines, MEASURES, budget or Budget(60, "seconds"), split, images, seeds)


def test_the_notes_say_what_is_missing_and_which_weights_were_scored(methods):
    found = remarks(methods)
    assert found[0] == "spade is not compared: paints label maps."
    assert found[1] == (
        "The weights scored are the best validation's by Sliced Wasserstein of pix2pix and bold<b>; the last of cut, "
        "chosen on these very images, which flatters pix2pix and bold<b>."
    )
    assert found[2].startswith("One training each")
    assert len(found) == 3
    assert "flatters" not in " ".join(remarks(methods, split="test"))


def test_a_baseline_that_no_method_beats_is_named(methods):
    scores = {"psnr": Interval(21.0), "l1": Interval(9.5), "sliced_wasserstein": Interval(0.1)}
    baseline = Row("mean of the training targets", scores=scores)
    told = [note for note in remarks(methods, baselines=[baseline]) if note.startswith("No method")]
    assert told == ["No method is better than 'mean of the training targets' in PSNR."]


def test_a_missed_budget_of_time_failed_seeds_and_few_images_are_told(methods):
    told = remarks(methods[:1], budget=Budget(100, "seconds"))[0]
    assert told.startswith("pix2pix took 61 s for its steps, 39% less than the budget: the machine was quicker")
    assert "22% more" in remarks(methods[:1], budget=Budget(50, "seconds"))[0]
    assert not any("took" in note for note in remarks(methods[:1], budget=Budget(6, "images")))
    several = remarks(methods[:1], seeds=3, images=5)
    assert several[0] == "pix2pix has 1 of 3 seeds: the others failed."
    assert several[-1] == "5 images are few: intervals over so few are too narrow."
    assert not any("One training each" in note for note in several)
