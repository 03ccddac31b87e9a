"""The hub's client, huggingface_hub: quiet about its user, and its many errors in one line each."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from i2i.errors import HubError, I2IError, StorageError
from i2i.hub.names import HubName

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

PUBLIC = "https://huggingface.co"

_SIGN_IN = "sign in with 'hf auth login' or set HF_TOKEN"


def prepare_client() -> None:
    """Make huggingface_hub ready to be imported, and tell it to report nothing of its user.

    Towards a hub of one's own (HF_ENDPOINT) its second protocol stays off, which would talk to other hosts.

    Raises:
        HubError: it is not installed.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if os.environ.get("HF_ENDPOINT", PUBLIC).rstrip("/") != PUBLIC:
        os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    try:
        import_module("huggingface_hub")
    except ImportError as error:
        raise HubError(f"hub: huggingface_hub is not installed ({error}); pip install 'i2i[hub]'") from error


@contextmanager
def explained(name: HubName) -> Iterator[None]:
    """What the client raises inside, about `name`, becomes a `HubError`, or a `StorageError` of the cache's disk."""
    try:
        yield
    except I2IError:
        raise
    except Exception as error:
        told = explain(error, name)
        if told is None:
            raise
        raise told from error


def is_unreachable(error: Exception) -> bool:
    """Whether the hub did not answer at all, or not in earnest (5xx)."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= 500
    return isinstance(error, (OfflineModeIsEnabled, *transport_errors()))


def explain(error: Exception, name: HubName) -> I2IError | None:
    """What an error of the client means and what to do; None of an error that is none of the hub's."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return HubError(f"{name}: is open to those alone whom its owner let in; ask on its page, then {_SIGN_IN}")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(
            f"{name}: the repository has no revision '{name.revision or 'main'}'; expected a branch, tag or commit"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return HubError(f"{name}: no such repository, or a private one; check the name, or {_SIGN_IN}")
    if isinstance(error, errors.HfHubHTTPError):
        return HubError(f"{name}: {_refused(error)}")
    if is_unreachable(error) or isinstance(error, errors.LocalEntryNotFoundError):
        return HubError(f"{name}: the hub can't be reached ({first_line(error)}); try again when there is a network")
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EPERM):
            where = error.filename or "the hub's cache"
            return StorageError(f"{where}: can't be written ({error.strerror}); free space, or set HF_HOME elsewhere")
        return HubError(f"{name}: the transfer failed ({first_line(error)}); run it again")
    if isinstance(error, ValueError):  # of a name, or of the metadata of a card
        return HubError(f"{name}: is refused ({' '.join(str(error).split())}); mend that, then run it again")
    return None


def transport_errors() -> tuple[type[Exception], ...]:
    """Raised where no answer came or it broke off, by whichever library of HTTP this client stands on."""
    loaded = (sys.modules.get(library) for library in ("httpx2", "httpx"))
    return tuple(module.TransportError for module in loaded if module is not None)


def first_line(error: Exception) -> str:
    """Of its message, or its kind."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _refused(error: "HfHubHTTPError") -> str:
    status, said = error.response.status_code, error.server_message or first_line(error)
    if status == 401:
        return f"the hub does not know you ({said}); {_SIGN_IN}"
    if status == 403:
        return f"the hub does not allow you that ({said}); use a token that may, of a member that may"
    if status == 409:
        return f"the hub says that something else is there ({said}); choose another name"
    if status == 412:
        return f"somebody else changed it meanwhile ({said}); run it again"
    if status == 429:
        return "the hub is asked too often; try again in a few minutes"
    return f"the hub answers {status} ({said}); try again later"
