"""The tasks by name."""

from functools import partial

from i2i.data.tasks import blind, colourise, compression, deblur, denoise, edges, inpaint, night, super_resolve
from i2i.data.tasks.task import AB, COLOUR, FIDELITY, GREY, HOLED, REALISM, Task
from i2i.errors import ConfigError, nearest

_ALL = (
    Task("colourise", "grey → colour", GREY, COLOUR, REALISM, colourise.without_colour),
    Task("colourise-ab", "grey → colour, laid on the grey's lightness", GREY, AB, REALISM, colourise.without_colour),
    Task("edges", "thin black edges (Canny) → photo", GREY, COLOUR, REALISM, edges.canny_edges),
    Task("soft-edges", "edges as dark as they are strong → photo", GREY, COLOUR, REALISM, edges.soft_edges),
    Task("inpaint", "strokes or boxes missing → photo", HOLED, COLOUR, REALISM, inpaint.with_holes),
    Task("inpaint-strokes", "brush strokes missing → photo", HOLED, COLOUR, REALISM, inpaint.with_strokes),
    Task("inpaint-boxes", "boxes missing → photo", HOLED, COLOUR, REALISM, inpaint.with_boxes),
    *(
        Task(
            f"super-resolve-{scale}",
            f"{part} as high and wide (bicubic) → photo",
            COLOUR,
            COLOUR,
            FIDELITY if scale == 2 else REALISM,
            partial(super_resolve.reduced, scale=scale),
            scale,
        )
        for scale, part in ((2, "half"), (4, "a quarter"), (8, "an eighth"))
    ),
    *(
        Task(
            f"super-resolve-{scale}-blind",
            f"{part} as high and wide, blurred, noisy, compressed → photo",
            COLOUR,
            COLOUR,
            REALISM,
            partial(blind.degraded, scale=scale),
            scale,
        )
        for scale, part in ((2, "half"), (4, "a quarter"))
    ),
    Task("denoise", "Gaussian noise of 5 to 50 levels → photo", COLOUR, COLOUR, FIDELITY, denoise.with_gaussian_noise),
    Task("denoise-poisson", "20 to 500 photons at white → photo", COLOUR, COLOUR, FIDELITY, denoise.with_shot_noise),
    Task("deblur", "motion or defocus → photo", COLOUR, COLOUR, FIDELITY, deblur.blurred),
    Task("restore-jpeg", "JPEG of quality 5 to 40 → photo", COLOUR, COLOUR, FIDELITY, compression.with_jpeg),
    Task("mosaic", "blocks of 4 to 16 pixels → photo", COLOUR, COLOUR, REALISM, compression.with_mosaic),
    Task("night", "photo → the same by night", COLOUR, COLOUR, FIDELITY, night.to_night),
    Task("day", "any night, with its noise → photo", COLOUR, COLOUR, REALISM, night.to_day),
)

TASKS: dict[str, Task] = {task.name: task for task in _ALL}
"""Every task by its name."""


def task_by_name(name: str) -> Task:
    """The task of a name. Raises `ConfigError` with the nearest name for an unknown one."""
    if name not in TASKS:
        raise ConfigError(f"task '{name}': no such task; {nearest(name, TASKS)}")
    return TASKS[name]
