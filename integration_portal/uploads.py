"""How much of an uploaded file is kept while a request is read; what is in it is for the forms to judge."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUpload(FileUploadHandler):
    """Keeps files in memory up to MAX_UPLOAD_BYTES for the whole request, and only counts what comes after.

    A file that is too large arrives empty but with its true size, so that a form can say so in words and show again
    what was typed. Nothing is written to a disk that could be full.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.kept = 0
        self.is_whole = True
        self.file = BytesIO()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = BytesIO()
        self.is_whole = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.is_whole:
            return
        if self.kept + len(raw_data) > settings.MAX_UPLOAD_BYTES:
            self.is_whole = False
            self.kept -= self.file.tell()
            self.file = BytesIO()
            return
        self.kept += len(raw_data)
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self.file.seek(0)
        return InMemoryUploadedFile(
            self.file,
            self.field_name,
            self.file_name or "",
            self.content_type or "",
            file_size,
            self.charset,
            self.content_type_extra,
        )
