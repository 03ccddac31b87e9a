"""`i2i translate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, say, tell_outcome, write_json
from i2i.errors import ConfigError, ImageError, StorageError

if TYPE_CHECKING:
    from i2i.translator import Translator
    from i2i.translator.folder import Side, Tile


def translate(
    bundle: Path,
    images: Path,
    *,
    to: Annotated[Path, Parameter(help="Folder, or file for a single image. Nothing there is overwritten.")],
    direction: flags.Way = None,
    to_domain: flags.ToDomain = None,
    samples: Annotated[int, Parameter(help="Answers an image; more than one need noise: dropout, codes.")] = 1,
    like: flags.Like = None,
    seed: flags.Seed = 0,
    side: Annotated[
        Literal["whole", "left", "right"], Parameter(help="Of side-by-side files, which half is the input.")
    ] = "whole",
    tile: Annotated[
        str, Parameter(help="Side in pixels of tiles at the image's own scale; or off; or auto: for what is large.")
    ] = "auto",
    dropout: flags.Dropout = None,
    statistics: flags.Statistics = None,
    resize: flags.Resize = None,
    steps: flags.Steps = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    engine: flags.Engine = None,
    json: flags.Json = None,
) -> int:
    """Translate an image, or every image of a folder; outputs have the size of their inputs.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    images
        An image file, or a folder of them.
    """
    from i2i.allocator import keep_pages
    from i2i.translator import load
    from i2i.translator.folder import images_to_come

    keep_pages()
    tiles = _read_tile(tile)
    translator = load(
        bundle,
        direction=direction,
        to_domain=to_domain,
        device=device or "auto",
        precision=precision or "fp32",
        statistics=statistics,
        dropout=flags.switch(dropout),
        resize="native" if isinstance(tiles, int) else resize,
        steps=steps,
        like=like,
    )
    translator.use(engine or "auto", images_to_come(translator, images, samples=samples, side=side, tile=tiles))
    say(translator.describe())
    if images.is_dir():
        return _folder(translator, images, to, samples, seed or 0, side, tiles, json)
    outputs = _outputs(translator, images, to, samples)
    _translate_one(translator, images, outputs, seed or 0, side, tiles)
    write_json(json, {"written": [str(output) for output in outputs]})
    say(f"wrote {', '.join(str(output) for output in outputs)}")
    return 0


def _read_tile(text: str) -> "Tile":
    if text in ("auto", "off"):
        return "auto" if text == "auto" else "off"
    if not text.isdecimal() or int(text) == 0:
        raise ConfigError(f"--tile {text}: expected auto, off, or the side of a tile in pixels such as 256")
    return int(text)


def _translate_one(
    translator: "Translator", image: Path, outputs: list[Path], seed: int, side: "Side", tile: "Tile"
) -> None:
    from i2i.translator.folder import translate_file

    _warn(translator, image, side)
    with bar("translating") as show:
        translate_file(translator, image, outputs, seed=seed, side=side, tile=tile, progress=show)


def _warn(translator: "Translator", image: Path, side: "Side") -> None:
    """Of what is allowed and hardly meant: a pair taken for an input, a large image shrunk to a small one."""
    from i2i.translator.folder import looks_side_by_side, loses_detail

    if side == "whole" and looks_side_by_side(translator, image):
        complain(f"{image}: looks like a side-by-side pair; --side left or --side right translates one half")
    elif loses_detail(translator, image):
        height, width = translator.config.size
        complain(
            f"{image}: is much larger than the training size of {width}x{height}, at which it is translated before it "
            f"is enlarged again; --tile {max(height, width)} keeps its own scale"
        )


def _outputs(translator: "Translator", image: Path, to: Path, samples: int) -> list[Path]:
    """Where the samples of a single image go: `to` itself if it is named like an image, else into it as a folder."""
    from i2i.images import stem_of, suffix_of
    from i2i.translator.folder import output_suffix

    if not image.exists():
        raise ImageError(f"{image}: no such file or folder; check the path")
    suffix = suffix_of(to)
    base = to if suffix else to / f"{stem_of(image).name}{output_suffix(translator, image)}"
    numbers = [""] if samples == 1 else [f".{number}" for number in range(1, samples + 1)]
    paths = [base.with_name(f"{stem_of(base).name}{number}{suffix_of(base)}") for number in numbers]
    for path in paths:
        if path.exists():
            raise StorageError(f"{path}: is there already and stays as it is; give --to another name")
    return paths


def _folder(
    translator: "Translator",
    source: Path,
    to: Path,
    samples: int,
    seed: int,
    side: "Side",
    tile: "Tile",
    json: Path | None,
) -> int:
    from i2i.images import is_image
    from i2i.translator.folder import translate_folder

    first = next((path for path in sorted(source.rglob("*")) if path.is_file() and is_image(path)), None)
    try:
        if first:
            _warn(translator, first, side)
    except ImageError:
        pass  # it is named with the others that can't be read, at the end
    with bar("translating") as show:
        outcome = translate_folder(
            translator, source, to, samples=samples, seed=seed, side=side, tile=tile, progress=show
        )
    return tell_outcome(to, outcome, "translated", json)
