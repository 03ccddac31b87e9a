"""The command line: each command parses and calls one function.

Nothing heavy is imported before a command needs it, so that `i2i --help` answers at once.
"""

import sys
from typing import NoReturn

from cyclopts import App, CycloptsError

from i2i import __version__
from i2i.cli.augment import augment
from i2i.cli.bench import bench
from i2i.cli.card import card
from i2i.cli.check import check
from i2i.cli.client import client
from i2i.cli.compare import compare
from i2i.cli.data import data_app
from i2i.cli.demo import demo
from i2i.cli.distill import distill
from i2i.cli.evaluate import evaluate
from i2i.cli.explain import explain
from i2i.cli.export import export
from i2i.cli.importing import import_checkpoint
from i2i.cli.pull import pull
from i2i.cli.push import push
from i2i.cli.quantize import quantize
from i2i.cli.recipes import recipes
from i2i.cli.serve import serve
from i2i.cli.sketches import sketches
from i2i.cli.terminal import complain, show_log
from i2i.cli.train import train
from i2i.cli.translate import translate
from i2i.cli.watch import watch
from i2i.errors import I2IError

app = App(
    name="i2i",
    version=__version__,
    help="Image-to-image translation: from a folder of image pairs to a trained, measured translator.",
    help_format="plaintext",  # Markdown would take a third of the start-up
)
for command, name in (
    (check, "check"),
    (train, "train"),
    (watch, "watch"),
    (distill, "distill"),
    (compare, "compare"),
    (translate, "translate"),
    (evaluate, "evaluate"),
    (augment, "augment"),
    (serve, "serve"),
    (client, "client"),
    (explain, "explain"),
    (quantize, "quantize"),
    (bench, "bench"),
    (export, "export"),
    (card, "card"),
    (push, "push"),
    (pull, "pull"),
    (import_checkpoint, "import"),
    (recipes, "recipes"),
    (sketches, "sketches"),
    (demo, "demo"),
):
    app.command(command, name=name)
app.command(data_app)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run one command and leave: 0 done, 1 done in part, 2 an error of one line, 128 + n stopped by signal n."""
    show_log()
    try:
        status = app(arguments, print_error=False, exit_on_error=False, result_action="return_value")
    except CycloptsError as error:
        complain(" ".join(str(error).split()))
        sys.exit(2)
    except I2IError as error:
        complain(str(error))
        sys.exit(2)
    except OSError as error:  # what no function foresaw: still one line, never a traceback over somebody's full disk
        complain(f"{error.filename or 'i2i'}: {error.strerror or error}; check the disk and the permissions")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
