"""`i2i push`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli.terminal import say


def push(
    bundle: Path,
    repository: str,
    *,
    private: Annotated[
        bool | None,
        Parameter(negative="--public", help="Who sees a new repository: you, the default, or everybody."),
    ] = None,
    message: Annotated[str | None, Parameter(help="What is new, for the repository's history.")] = None,
    licence: Annotated[str | None, Parameter(help="Under which others may use it: mit, cc-by-4.0 …")] = None,
    examples: Annotated[
        Literal["on", "off"], Parameter(help="Send the example images, which are of the held-out data.")
    ] = "on",
    dry_run: Annotated[bool, Parameter(help="Say what would be sent, and ask nobody.")] = False,
) -> None:
    """Bring a bundle to a model hub, as one commit, where 'hub:OWNER/NAME' names it for every command.

    Folders of this machine are left out of what is sent; the card's metadata is completed. The hub is the one that
    huggingface_hub talks to: HF_ENDPOINT, with the token of 'hf auth login' or HF_TOKEN.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    repository
        OWNER/NAME.
    """
    from i2i.hub import size_text
    from i2i.sharing import pack
    from i2i.sharing import push as send

    parcel = pack(bundle, repository, licence=licence, examples=examples == "on")
    for line in parcel.describe():
        say(line)
    total = size_text(sum(parcel.size(file) for file in parcel.files))
    say(f"{parcel.name}: {len(parcel.files)} files, {total}{' would be sent' if dry_run else ''}")
    if dry_run:
        return
    pushed = send(parcel, private=private, message=message)
    for file in pushed.removed:
        say(f"{file}: is no part of this bundle and was taken out; the history has it")
    seen = "private" if pushed.private else "public"
    say(f"pushed to {pushed.address}, {'a new' if pushed.created else 'the'} {seen} repository")
    say(f"next: i2i translate {parcel.name} IMAGE_OR_FOLDER --to OUT")
