"""/api/v1/uploads: files on their way in, resumable (tus 1.0) or in one piece."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import Field

from idolens.archive import Upload
from idolens.archive.audit import Deed
from idolens.errors import BadInputError, PreconditionError, UnsupportedMediaError
from idolens.jobs import needed_files
from idolens.web.access.caller import caller_of
from idolens.web.api import tus
from idolens.web.api.plain import receive_form
from idolens.web.api.receiving import receive
from idolens.web.api.shape import (
    Cursor,
    Limit,
    Page,
    Told,
    cursor_of,
    place_of,
    utc,
)
from idolens.web.house import House
from idolens.web.records import ABOUT

UPLOADS = "/api/v1/uploads"
_FORM = "multipart/form-data"
_EXAMPLE = "0123456789abcdef0123456789abcdef"

UploadPath = Annotated[
    str,
    Path(
        pattern=r"^[0-9a-f]{32}$", description="Id of an upload.", examples=[_EXAMPLE]
    ),
]
Resumable = Annotated[
    str | None, Header(description="`1.0.0`, the version of tus that is spoken.")
]
_PLAIN = {
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "description": "`file`, after it nothing but `sha256` if it is known.",
                "properties": {
                    "sha256": {
                        "type": "string",
                        "description": "Digest that the file must have.",
                    },
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "The file.",
                    },
                },
                "required": ["file"],
            }
        }
    }
}


class UploadTold(Told):
    """A file on its way in, or there."""

    id: str = Field(description="Give it to POST /api/v1/sessions.")
    name: str = Field(description="What the sender calls it.")
    size: int = Field(description="In bytes, as declared.")
    received: int = Field(description="How many of them are here.")
    sha256: str | None = Field(description="As declared; once complete, as found.")
    complete: bool = Field(description="All is here and is what was declared.")
    created_at: str = Field(description="When it was begun, UTC.")
    expires_at: str = Field(
        description="When it may be deleted, UTC, unless a session still needs it."
    )


class UploadPage(Page[UploadTold]):
    """Some uploads, the newest first."""


def add_uploads(router: APIRouter, house: House) -> None:
    """Add the routes."""
    _add_reading(router, house)
    _add_creation(router, house)
    _add_transfer(router, house)


def _add_reading(router: APIRouter, house: House) -> None:
    @router.get("/uploads", summary="List the uploads, the newest first")
    def uploads(limit: Limit = 50, cursor: Cursor = None) -> UploadPage:
        place = place_of(cursor, int, str)
        found = [
            upload
            for upload in house.archive.uploads.all()
            if place is None or (upload.created_at_ms, upload.id) < place
        ]
        shown = found[:limit]
        more = len(found) > limit
        return UploadPage(
            items=[told(upload) for upload in shown],
            next=cursor_of(shown[-1].created_at_ms, shown[-1].id) if more else None,
        )

    @router.get("/uploads/{upload_id}", summary="Tell about one upload")
    def one(upload_id: UploadPath) -> UploadTold:
        return told(house.archive.uploads.get(upload_id))

    @router.head(
        "/uploads/{upload_id}",
        summary="Tell how much of an upload is here (tus)",
        response_class=Response,
        responses={200: {"description": "In `Upload-Offset` and `Upload-Length`."}},
    )
    def offset(upload_id: UploadPath, tus_resumable: Resumable = None) -> Response:
        _check_version(tus_resumable)
        upload = house.archive.uploads.get(upload_id)
        headers = tus.state_headers(upload) | tus.about_headers(upload)
        return Response(headers=headers | {"Cache-Control": "no-store"})


def _add_creation(router: APIRouter, house: House) -> None:
    @router.options(
        "/uploads",
        summary="Tell what of tus is spoken",
        status_code=204,
        response_class=Response,
    )
    def spoken() -> Response:
        return Response(
            status_code=204,
            headers={
                "Tus-Resumable": tus.VERSION,
                "Tus-Version": tus.VERSION,
                "Tus-Extension": tus.EXTENSIONS,
                "Tus-Max-Size": str(house.archive.uploads.limits.largest_bytes),
                "Tus-Checksum-Algorithm": ",".join(tus.CHECKSUMS),
            },
        )

    @router.post(
        "/uploads",
        summary="Begin an upload (tus), or send a whole file as a form",
        status_code=201,
        openapi_extra={"requestBody": _PLAIN},
    )
    async def create(
        request: Request,
        response: Response,
        tus_resumable: Resumable = None,
        upload_length: Annotated[
            int | None, Header(ge=0, description="The file's size in bytes (tus).")
        ] = None,
        upload_metadata: Annotated[
            str | None,
            Header(description="`filename` and `sha256`, each in base64 (tus)."),
        ] = None,
    ) -> UploadTold:
        await to_thread.run_sync(_sweep, house)
        store = house.archive.uploads
        kind = request.headers.get("content-type", "").partition(";")[0].lower()
        if upload_length is None and kind == _FORM:
            upload = await receive_form(store, request)
        else:
            _check_version(tus_resumable)
            said = tus.declared(upload_length, upload_metadata)
            upload = await to_thread.run_sync(
                store.create, said.name, said.size, said.sha256
            )
            if upload.size == 0:
                upload = await to_thread.run_sync(store.finish, upload.id)
            response.headers.update(tus.state_headers(upload))
        response.headers["Location"] = f"{UPLOADS}/{upload.id}"
        request.scope[ABOUT] = {"file": upload.name, "upload_id": upload.id}
        return told(upload)


def _add_transfer(router: APIRouter, house: House) -> None:
    @router.patch(
        "/uploads/{upload_id}",
        summary="Add bytes to an upload (tus)",
        status_code=204,
        response_class=Response,
        openapi_extra={
            "requestBody": {
                "content": {
                    tus.OFFSET_BODY: {"schema": {"type": "string", "format": "binary"}}
                }
            }
        },
    )
    async def add(
        request: Request,
        upload_id: UploadPath,
        upload_offset: Annotated[
            int, Header(ge=0, description="Where the bytes belong.")
        ],
        tus_resumable: Resumable = None,
        upload_checksum: Annotated[
            str | None,
            Header(description="`sha1` or `sha256`, and the digest in base64."),
        ] = None,
    ) -> Response:
        _check_version(tus_resumable)
        if request.headers.get("content-type") != tus.OFFSET_BODY:
            raise UnsupportedMediaError(
                f"Send the bytes with Content-Type: {tus.OFFSET_BODY}.",
                f"请以 Content-Type: {tus.OFFSET_BODY} 发送数据。",
            )
        expected = tus.checksum(upload_checksum)
        store = house.archive.uploads
        upload = store.get(upload_id)
        came = await receive(store, upload, request, upload_offset, expected)
        return Response(status_code=204, headers=tus.state_headers(came))

    @router.delete(
        "/uploads/{upload_id}",
        summary="Give an upload up",
        status_code=204,
        response_class=Response,
    )
    def end(
        request: Request, upload_id: UploadPath, tus_resumable: Resumable = None
    ) -> Response:
        if tus_resumable is not None:
            _check_version(tus_resumable)
        upload = house.archive.uploads.get(upload_id)
        if str(house.archive.uploads.path(upload.id).resolve()) in needed_files(
            house.archive
        ):
            raise BadInputError(
                "An unfinished session needs this upload: cancel its job first.",
                "未完成的场次仍需要该文件：请先取消其任务。",
            )
        actor, detail = caller_of(request).actor, {"kind": "uploads", "why": "asked"}
        house.archive.audit.record(actor, Deed.PURGED, upload.id, detail)
        house.archive.uploads.remove(upload.id)
        return Response(status_code=204, headers={"Tus-Resumable": tus.VERSION})


def told(upload: Upload) -> UploadTold:
    """Tell an upload in the shape of the API."""
    return UploadTold(
        id=upload.id,
        name=upload.name,
        size=upload.size,
        received=upload.received,
        sha256=upload.sha256,
        complete=upload.complete,
        created_at=utc(upload.created_at_ms),
        expires_at=utc(upload.expires_at_ms),
    )


def _check_version(version: str | None) -> None:
    if version != tus.VERSION:
        raise PreconditionError(
            f"Send Tus-Resumable: {tus.VERSION}, or the file as {_FORM}.",
            f"请发送 Tus-Resumable: {tus.VERSION}，或以 {_FORM} 上传整个文件。",
        )


def _sweep(house: House) -> None:
    house.archive.uploads.sweep(needed_files(house.archive))
