"""Where uploaded files lie: Django's folder, but a file is there whole or not at all."""

import contextlib
import os
import secrets

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

SCRATCH_PREFIX = ".teil-"


def write_through(path: str) -> None:
    """Waits until the disk has what was written to this file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class AtomicFileSystemStorage(FileSystemStorage):
    """Writes beside the final name and renames when all of it is on the disk.

    FileSystemStorage writes under the final name and leaves what it had when the disk is full or the process killed.
    """

    def _save(self, name: str, content: File) -> str:
        folder = os.path.dirname(self.path(name))
        scratch = os.path.join(folder, f"{SCRATCH_PREFIX}{secrets.token_hex(16)}")
        os.makedirs(folder, exist_ok=True)
        try:
            with open(scratch, "xb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if self.file_permissions_mode is not None:
                os.chmod(scratch, self.file_permissions_mode)
            # Names are random (pictures.py), so this replaces nothing; os.link, which could tell, is not everywhere.
            os.replace(scratch, self.path(name))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(scratch)
        write_through(folder)
        return name
