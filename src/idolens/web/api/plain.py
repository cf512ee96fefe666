"""A whole file in one form (multipart/form-data), written to the disk as it comes."""

from contextlib import suppress
from dataclasses import dataclass, field

from anyio import to_thread
from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from idolens.archive import Upload, UploadStore
from idolens.archive.upload_writer import Writer
from idolens.errors import BadInputError, LengthRequiredError, MalformedError
from idolens.vocabulary import Sha256
from idolens.web.api.receiving import blocks
from idolens.web.api.tus import declared_sha256, plain_name

_PARTS = 8
_FIELD_BYTES = 1000
_HEADER_BYTES = 4000


@dataclass(slots=True)
class _Part:
    """One part of the form, as far as it has come."""

    name: str = ""
    filename: str | None = None
    value: bytearray = field(default_factory=bytearray)


async def receive_form(store: UploadStore, request: Request) -> Upload:
    """Take the file of a form; return the finished upload.

    Raises:
        LengthRequiredError: the request does not say how large it is.
        MalformedError: it is no form.
        BadInputError: there is not just one file in it.
        UploadChangedError: the file has not the digest that the form names.
    """
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise LengthRequiredError(
            "Send Content-Length, or the file with tus.",
            "请发送 Content-Length，或使用 tus 上传。",
        )
    upload = await to_thread.run_sync(store.create, "upload", int(length), None)
    try:
        return await _filled(store, upload, request)
    except BaseException:
        store.remove(upload.id)  # half a form cannot go on
        raise


async def _filled(store: UploadStore, upload: Upload, request: Request) -> Upload:
    writer = await to_thread.run_sync(store.writer, upload.id)
    try:
        form = _Form(writer, _boundary(request))
        with suppress(ClientDisconnect):  # then the form is not whole
            async for block in blocks(request, store.limits.idle_s):
                await to_thread.run_sync(form.take, block)
        form.end()
    finally:
        await to_thread.run_sync(writer.close)
    return await to_thread.run_sync(
        lambda: store.settled(upload.id, form.filename, form.sha256)
    )


class _Form:
    """Reads a form; the bytes of its file go on to ``writer``."""

    def __init__(self, writer: Writer, boundary: bytes) -> None:
        self._writer = writer
        self._part = _Part()
        self._parts = 0
        self._header = bytearray()
        self._value = bytearray()
        self._file: str | None = None
        self._sha256 = ""
        self._whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._read_header,
                "on_part_data": self._data,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    @property
    def filename(self) -> str:
        """What the sender calls the file."""
        return plain_name(self._file or "")

    @property
    def sha256(self) -> Sha256 | None:
        """The digest that the form names, if any."""
        return declared_sha256(self._sha256)

    def take(self, block: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(block)
        except MultipartParseError as error:
            raise _no_form() from error

    def end(self) -> None:
        """See whether it was whole."""
        if not self._whole:
            raise _no_form()
        if self._file is None:
            raise BadInputError(
                "The form has no file: send one as `file`.",
                "表单中没有文件：请以 file 字段发送一个文件。",
            )

    def _begin(self) -> None:
        self._part = _Part()
        self._parts += 1
        if self._parts > _PARTS:
            raise _no_form()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._bound()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._bound()

    def _bound(self) -> None:
        if len(self._header) + len(self._value) > _HEADER_BYTES:
            raise _no_form()

    def _read_header(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                self._part.filename = options[b"filename"].decode("utf-8", "replace")
                if self._file is not None:
                    raise BadInputError(
                        "Send one file at a time.", "一次只能上传一个文件。"
                    )
                self._file = self._part.filename
        self._header.clear()
        self._value.clear()

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.filename is not None:
            self._writer.write(data[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > _FIELD_BYTES:
            raise _no_form()

    def _end_part(self) -> None:
        if self._part.name == "sha256" and self._part.filename is None:
            self._sha256 = self._part.value.decode("utf-8", "replace").strip()

    def _end(self) -> None:
        self._whole = True


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise _no_form()
    return boundary


def _no_form() -> MalformedError:
    return MalformedError(
        "The request is no whole form with one file in it.",
        "请求不是包含一个文件的完整表单。",
    )
