"""`i2i recipes`."""

from i2i.cli import flags
from i2i.cli.terminal import out, say, write_json


def recipes(*, json: flags.Json = None) -> None:
    """List the recipes: published settings by name, and what sets each apart."""
    from i2i.config import to_tree
    from i2i.methods.recipes import RECIPES

    for name, recipe in RECIPES.items():
        out.print(f"[bold]{name}[/]  {recipe.summary}")
        say(f"    {recipe.source}")
        for line in recipe.differs:
            say(f"    - {line}")
        out.print()
    say("Use one with 'i2i train PAIRS --recipe NAME --to RUN'; see all its settings with --dry-run.")
    write_json(json, {name: to_tree(recipe.config(name)) for name, recipe in RECIPES.items()})
