"""Pictures in requests: base64, bare or as a data URL; never an address to fetch."""

import binascii
import re
import string

import pybase64

from idolens.errors import MalformedError, TooLargeError

_DATA_URL = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)


def picture_bytes(text: str, most: int) -> bytes:
    """Return the bytes of a picture in base64 (a data URL's prefix is left out).

    Raises:
        MalformedError: it is not base64.
        TooLargeError: it has more than ``most`` bytes.
    """
    prefix = _DATA_URL.match(text)
    if prefix and not prefix[0].rstrip(",").lower().endswith(";base64"):
        raise _not_base64()
    bare = text[prefix.end() :] if prefix else text
    if any(blank in bare for blank in string.whitespace):
        bare = "".join(bare.split())
    if len(bare) // 4 * 3 > most + 3:
        raise _too_large(most)
    try:
        data = pybase64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_base64() from error
    if not data:
        raise _not_base64()
    if len(data) > most:
        raise _too_large(most)
    return data


def data_url_bytes(url: str, most: int) -> bytes:
    """Return the bytes of a picture in a data URL; no other URL is followed.

    To fetch what a caller names would let anybody who can send a request reach
    whatever this machine can reach.

    Raises:
        MalformedError: it is another kind of URL, or no base64.
        TooLargeError: it has more than ``most`` bytes.
    """
    if not _DATA_URL.match(url):
        raise MalformedError(
            "Send the picture itself, as a data URL (data:image/png;base64,…);"
            " pictures elsewhere are not fetched.",
            "请以 data URL(data:image/png;base64,…)发送图片本身;"
            "服务不会去别处下载图片。",
        )
    return picture_bytes(url, most)


def _not_base64() -> MalformedError:
    return MalformedError(
        "The image is not base64; encode the picture file's bytes.",
        "image 不是合法的 base64;请对图片文件的字节编码。",
    )


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(
        f"The picture is larger than {most / 1e6:g} MB; send a smaller one.",
        f"图片超过 {most / 1e6:g} MB;请缩小后重试。",
    )
