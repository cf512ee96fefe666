"""Takes the bytes of an upload from the wire to the disk, a MiB at a time."""

import hmac
from collections.abc import AsyncIterator
from contextlib import suppress

import anyio
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from idolens.archive import Upload, UploadStore
from idolens.archive.upload_writer import Writer
from idolens.errors import ConflictError, UploadChangedError, UploadStalledError
from idolens.web.api.tus import CHECKSUMS, Checksum

_BLOCK = 2**20


async def receive(
    store: UploadStore,
    upload: Upload,
    request: Request,
    offset: int,
    expected: Checksum | None,
) -> Upload:
    """Add the body of ``request`` to ``upload`` at ``offset``; return how far it is.

    What has come stays when the connection breaks; what does not add up is dropped.

    Raises:
        ConflictError: the upload is not at ``offset``.
        UploadChangedError: the bytes are not what they were declared to be.
        UploadStalledError: nothing came for too long.
    """
    writer = await to_thread.run_sync(store.writer, upload.id)
    try:
        if writer.offset != offset:
            raise ConflictError(
                f"The upload is at {writer.offset}: go on from there.",
                f"该上传已进行到 {writer.offset} 字节：请从该处继续。",
            )
        with suppress(ClientDisconnect):  # nobody is left to be told
            await _write(writer, blocks(request, store.limits.idle_s), expected)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(writer.close)
    came = store.get(upload.id)
    if came.received < came.size:
        return came
    return await to_thread.run_sync(store.finish, upload.id)


async def _write(
    writer: Writer, body: AsyncIterator[bytes], expected: Checksum | None
) -> None:
    if expected is None:
        async for block in body:
            await to_thread.run_sync(writer.write, block)
        return
    digest = CHECKSUMS[expected.algorithm]()
    try:
        async for block in body:
            digest.update(block)
            await to_thread.run_sync(writer.write, block)
    except (ClientDisconnect, UploadStalledError, HTTPException):
        writer.take_back()  # half of it proves nothing
        raise
    if not hmac.compare_digest(digest.digest(), expected.digest):
        writer.take_back()
        raise UploadChangedError(
            "The bytes do not match Upload-Checksum: send them again.",
            "数据与 Upload-Checksum 不符：请重新发送这一段。",
        )


async def blocks(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    """Give the body in blocks of about a MiB.

    What came before the connection broke, or fell silent, is given too.

    Raises:
        ClientDisconnect: the sender is gone.
        UploadStalledError: nothing came for ``idle_s`` seconds.
    """
    held = bytearray()
    stream = aiter(request.stream())
    failure: Exception | None = None
    while True:
        try:
            with anyio.fail_after(idle_s):
                held += await anext(stream)
        except StopAsyncIteration:
            break
        except (ClientDisconnect, HTTPException) as error:  # gone, or cut off
            failure = error
            break
        except TimeoutError:
            failure = UploadStalledError(
                "Nothing came for too long: go on with the upload where it stopped.",
                "长时间没有收到数据：请从中断处继续上传。",
            )
            break
        if len(held) >= _BLOCK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)
    if failure is not None:
        raise failure
