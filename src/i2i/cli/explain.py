"""`i2i explain`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import complain, say, write_json
from i2i.errors import ConfigError, StorageError


def explain(
    bundle: Path,
    image: Path,
    *,
    to: Annotated[Path, Parameter(help="A new folder for the pictures.")],
    direction: flags.Way = None,
    to_domain: flags.ToDomain = None,
    point: Annotated[
        str | None, Parameter(help="X,Y of the output pixel whose influences are shown. Default: the middle.")
    ] = None,
    samples: Annotated[int, Parameter(help="Answers whose differences are shown, at least 2.")] = 8,
    seed: flags.Seed = 0,
    side: Annotated[
        Literal["whole", "left", "right"], Parameter(help="Of side-by-side files, which half is the input.")
    ] = "whole",
    steps: flags.Steps = None,
    like: flags.Like = None,
    device: flags.Device = None,
    json: flags.Json = None,
) -> int:
    """Show what a translator does with an image: where its discriminator believes it, where its answers differ, and on
    which pixels of the input one of the output depends.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    image
        An image file.
    """
    from i2i.evaluation.explanation import explain as explained
    from i2i.images import write_image
    from i2i.translator import load
    from i2i.translator.folder import read_input

    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there already and stays as it is; give --to a new folder")
    if samples < 2:
        raise ConfigError(f"--samples {samples}: expected at least 2, whose difference can be shown")
    translator = load(bundle, direction=direction, to_domain=to_domain, steps=steps, like=like, device=device or "auto")
    say(translator.describe())
    pixels = read_input(translator, image, side)
    result = explained(translator, pixels, point=_read_point(point), samples=samples, seed=seed or 0)
    for name, picture in result.pictures().items():
        shown = result.maps[name]
        write_image(to / f"{name}.png", picture)
        say(f"{to / f'{name}.png'}: {shown.meaning}, {shown.low:.3g} (blue) to {shown.high:.3g} (yellow)")
    write_image(to / "sheet.png", result.sheet())
    say(f"{to / 'sheet.png'}: all of it in one picture")
    for reason in result.missing.values():
        complain(reason)
    maps = {
        name: {"meaning": each.meaning, "low": each.low, "high": each.high, "mean": float(each.values.mean())}
        for name, each in result.maps.items()
    }
    write_json(json, {"maps": maps, "missing": result.missing})
    return 1 if result.missing else 0


def _read_point(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    x, comma, y = text.partition(",")
    if not (comma and x.strip().isdecimal() and y.strip().isdecimal()):
        raise ConfigError(f"--point {text}: expected X,Y in pixels from the left top, such as 128,64")
    return int(x), int(y)
