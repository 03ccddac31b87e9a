"""Held-out pairs where the user has no validation split of their own: by share, by group, or by a list."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from i2i.data.layouts import Pair, PairFolder, by_turns, couple, domain_of
from i2i.errors import ConfigError, PairsError, listed
from i2i.images import stem_of


@dataclass(frozen=True)
class HoldOut:
    """What is held out of a training split.

    Attributes:
        share: of the pairs, or of the groups, 0 to 1.
        seed: by which they are drawn.
        group: pairs of one group are held out together or not at all: the name of a manifest column, or a regular
            expression on the pair's name, whose first parenthesis (or whole match) is the group; empty: no groups.
        names: hold out just these instead.
    """

    share: float = 0.0
    seed: int = 0
    group: str = ""
    names: tuple[str, ...] = ()


def hold_out(pairs: Sequence[Pair], rule: HoldOut) -> tuple[list[Pair], list[Pair]]:
    """Cut pairs into (kept, held out).

    By a hash of seed and name (or group), not by position in the folder; at least one pair (or group) is held out where
    the share is more than 0 and there are two.

    Raises:
        ConfigError: the group is no column and no valid pattern, or the pattern misses a name.
        PairsError: a listed name is no pair, or nothing would be left to train on.
    """
    if rule.names:
        return _by_list(pairs, rule.names)
    if rule.share <= 0 or len(pairs) < 2:
        return list(pairs), []
    groups = groups_of(pairs, rule.group) if rule.group else {pair.name: pair.name for pair in pairs}
    distinct = sorted(set(groups.values()), key=lambda group: _rank(group, rule.seed))
    if len(distinct) < 2:
        raise PairsError(f"data.group '{rule.group}': all {len(pairs)} pairs are of one group; nothing can be held out")
    held = set(distinct[: max(1, min(len(distinct) - 1, round(rule.share * len(distinct))))])
    return [pair for pair in pairs if groups[pair.name] not in held], [p for p in pairs if groups[p.name] in held]


def hold_out_of(found: PairFolder, rule: HoldOut) -> tuple[list[Pair], list[Pair]]:
    """Cut the training split of what was found into (kept, held out) as `hold_out` does, each set or domain by itself.

    Raises:
        ConfigError, PairsError: as `hold_out` does.
    """
    if found.paired:
        return hold_out(found.splits["train"], rule)
    if found.domains:
        return _hold_out_of_domains(found, rule)
    inputs, targets = found.sets.get("train", ([], []))
    if rule.names:
        (kept, held), (others, held_others) = _by_list_of_sets(inputs, targets, rule.names)
    else:
        (kept, held), (others, held_others) = hold_out(inputs, rule), hold_out(targets, rule)
    if not (held and held_others):  # a set of one image has none to spare
        return couple(inputs, targets), []
    return couple(kept, others), couple(held, held_others)


def _hold_out_of_domains(found: PairFolder, rule: HoldOut) -> tuple[list[Pair], list[Pair]]:
    """Of each domain its share, or by one list for all; nothing where a domain has none to spare."""
    images = found.splits["train"]
    if rule.names:
        kept, held = _by_list(images, rule.names)
    else:
        domains = [[image for image in images if domain_of(image) == name] for name in found.domains]
        parts = [hold_out(some, rule) for some in domains]
        kept, held = ([image for part in parts for image in part[which]] for which in (0, 1))
    lacking = [sorted(set(found.domains) - {domain_of(image) for image in some}) for some in (kept, held)]
    if rule.names and any(lacking):
        name = (lacking[0] or lacking[1])[0]
        raise PairsError(
            f"the list of held-out images names all or none of the domain '{name}'; expected some of each, such as "
            f"{name}/NAME, a name a line"
        )
    return (by_turns(kept), by_turns(held)) if not any(lacking) else (images, [])


def groups_of(pairs: Sequence[Pair], group: str) -> Mapping[str, str]:
    """Pair's name → its group. Raises `ConfigError` as `hold_out` does."""
    if any(group in pair.columns for pair in pairs):
        return {pair.name: pair.columns.get(group, "") for pair in pairs}
    try:
        pattern = re.compile(group)
    except re.error as error:
        raise ConfigError(
            f"data.group '{group}': is no column of a manifest and no valid pattern ({error}); expected such as "
            "'^([^_]+)_' for all before the first underscore"
        ) from error
    found = {pair.name: pattern.search(pair.name) for pair in pairs}
    missed = [name for name, match in found.items() if match is None]
    if missed:
        raise ConfigError(f"data.group '{group}': matches nothing in {listed(missed)}; expected a group in every name")
    return {name: match.group(1 if match.re.groups else 0) for name, match in found.items() if match is not None}


def read_names(file: Path) -> tuple[str, ...]:
    """The names in a list of held-out pairs, one a line; blank lines and lines with # are left out."""
    if not file.is_file():
        raise ConfigError(f"{file}: no such list of pairs to hold out; expected a text file with a name a line")
    lines = (line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines())
    names = tuple(line for line in lines if line and not line.startswith("#"))
    if not names:
        raise ConfigError(f"{file}: names no pair; expected a name a line")
    return names


def _by_list(pairs: Sequence[Pair], names: tuple[str, ...]) -> tuple[list[Pair], list[Pair]]:
    known = {pair.name for pair in pairs}
    wanted = {name if name in known else stem_of(Path(name)).as_posix() for name in names}
    unknown = sorted(wanted - known)
    if unknown:
        raise PairsError(f"the list of held-out pairs names {listed(unknown)}, of which there is no training pair")
    kept = [pair for pair in pairs if pair.name not in wanted]
    if not kept:
        raise PairsError("the list of held-out pairs names every pair; nothing is left to train on")
    return kept, [pair for pair in pairs if pair.name in wanted]


def _by_list_of_sets(
    inputs: Sequence[Pair], targets: Sequence[Pair], names: tuple[str, ...]
) -> tuple[tuple[list[Pair], list[Pair]], tuple[list[Pair], list[Pair]]]:
    """Each name stands for an image of either set, or for one of each."""
    both = {image.name: image for image in (*inputs, *targets)}
    held = {image.name for image in _by_list(list(both.values()), names)[1]}
    kept = [[image for image in images if image.name not in held] for images in (inputs, targets)]
    out = [[image for image in images if image.name in held] for images in (inputs, targets)]
    if not all((*kept, *out)):
        raise PairsError(
            "the list of held-out images names all or none of one of the two sets; expected some of each, a name a line"
        )
    return (kept[0], out[0]), (kept[1], out[1])


def _rank(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
