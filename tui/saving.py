"""Writing a file whole or not at all, and saying in one line why it could not be."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

_WHAT_TO_DO = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your quota is used up",
    errno.EROFS: "that place is read-only",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.EISDIR: "that is a folder; add a file name",
    errno.ENOTDIR: "a part of that path is a file",
    errno.EEXIST: "a part of that path is a file",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOENT: "there is no such folder",
}


class SaveError(Exception):
    """A file could not be written; the text says which and why, in one line."""


def save_text(path: Path, text: str) -> None:
    """Write a file; what was there before stays until the new one is complete.

    Args:
        path: where; its folder is made if it is missing.
        text: what, written as UTF-8.

    Raises:
        SaveError: it could not be written; nothing is left behind.
    """
    made: Path | None = None
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        made = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.chmod(0o644)
        made.replace(path)
    except OSError as error:
        if made is not None:
            with contextlib.suppress(OSError):
                made.unlink()
        raise SaveError(f"{path}: {reason(error)}") from None


def reason(error: OSError) -> str:
    """Why the system refused, in words that say what to do."""
    known = _WHAT_TO_DO.get(error.errno or 0)
    return known or (error.strerror or str(error)).lower()


def default_folder() -> Path:
    """Where exports go unless one says otherwise: here if one may write here, else home."""
    here = Path.cwd()
    return here if os.access(here, os.W_OK) else Path.home()


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """A path in a folder that nothing has yet: ``stem.md``, else ``stem-2.md`` and so on."""
    path = folder / f"{stem}{suffix}"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}{suffix}"
        number += 1
    return path
