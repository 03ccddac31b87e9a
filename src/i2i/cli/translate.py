"""`i2i translate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, say, write_json
from i2i.errors import ImageError, StorageError

if TYPE_CHECKING:
    from i2i.images import ImageSpec
    from i2i.translator import Translator
    from i2i.translator.folder import Side


def translate(
    bundle: Path,
    images: Path,
    *,
    to: Annotated[Path, Parameter(help="Folder, or file for a single image. Nothing there is overwritten.")],
    samples: Annotated[int, Parameter(help="Answers an image; more than one need dropout on.")] = 1,
    seed: flags.Seed = 0,
    side: Annotated[
        Literal["whole", "left", "right"], Parameter(help="Of side-by-side files, which half is the input.")
    ] = "whole",
    dropout: flags.Dropout = None,
    statistics: flags.Statistics = None,
    resize: flags.Resize = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    json: flags.Json = None,
) -> int:
    """Translate an image, or every image of a folder; outputs have the size of their inputs.

    Parameters
    ----------
    bundle
        A bundle or a run folder.
    images
        An image file, or a folder of them.
    """
    from i2i.translator import load

    translator = load(
        bundle,
        device=device or "auto",
        precision=precision or "fp32",
        statistics=statistics,
        dropout=flags.switch(dropout),
        resize=resize,
    )
    say(translator.describe())
    if images.is_dir():
        return _folder(translator, images, to, samples, seed or 0, side, json)
    outputs = _outputs(images, to, samples, translator.config.target)
    _translate_one(translator, images, outputs, seed or 0, side)
    write_json(json, {"written": [str(output) for output in outputs]})
    say(f"wrote {', '.join(str(output) for output in outputs)}")
    return 0


def _translate_one(translator: "Translator", image: Path, outputs: list[Path], seed: int, side: "Side") -> None:
    from i2i.translator.folder import looks_side_by_side, translate_file

    if side == "whole" and looks_side_by_side(translator, image):
        complain(f"{image}: looks like a side-by-side pair; --side left or --side right translates one half")
    translate_file(translator, image, outputs, seed=seed, side=side)


def _outputs(image: Path, to: Path, samples: int, target: "ImageSpec") -> list[Path]:
    """Where the samples of a single image go: `to` itself if it is named like an image, else into it as a folder."""
    from i2i.images import lossless_suffix, stem_of, suffix_of

    if not image.exists():
        raise ImageError(f"{image}: no such file or folder; check the path")
    suffix = suffix_of(to)
    base = to if suffix else to / f"{stem_of(image).name}{lossless_suffix(image, target)}"
    numbers = [""] if samples == 1 else [f".{number}" for number in range(1, samples + 1)]
    paths = [base.with_name(f"{stem_of(base).name}{number}{suffix_of(base)}") for number in numbers]
    for path in paths:
        if path.exists():
            raise StorageError(f"{path}: is there already and stays as it is; give --to another name")
    return paths


def _folder(
    translator: "Translator", source: Path, to: Path, samples: int, seed: int, side: "Side", json: Path | None
) -> int:
    from i2i.images import is_image
    from i2i.translator.folder import looks_side_by_side, translate_folder

    first = next((path for path in sorted(source.rglob("*")) if path.is_file() and is_image(path)), None)
    try:
        if side == "whole" and first and looks_side_by_side(translator, first):
            complain(f"{first}: looks like a side-by-side pair; --side left or --side right translates one half")
    except ImageError:
        pass  # it is named with the others that can't be read, at the end
    with bar("translating") as show:
        outcome = translate_folder(translator, source, to, samples=samples, seed=seed, side=side, progress=show)
    say(f"{to}: {len(outcome.written)} translated, {len(outcome.skipped)} were there, {len(outcome.failed)} failed")
    for reason in outcome.failed.values():
        complain(reason)
    write_json(
        json,
        {
            "written": [str(path) for path in outcome.written],
            "skipped": [str(path) for path in outcome.skipped],
            "failed": {str(path): reason for path, reason in outcome.failed.items()},
        },
    )
    return 1 if outcome.failed else 0
