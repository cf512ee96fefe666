"""Hugging Face and its mirrors, through huggingface_hub.

huggingface_hub lists and authorises; the bytes come through `transfer`, because
since 2.4 the library throws a file's beginning away when a transfer breaks off.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import httpx2
import huggingface_hub
from huggingface_hub import constants
from huggingface_hub import errors as hub_errors

from idolens.vlm.checkpoints.hub import (
    Address,
    Listing,
    RemoteFile,
    check_name,
    is_wanted,
    sha256_of,
)
from idolens.vlm.checkpoints.hub_client import LISTING, hub_client
from idolens.vlm.checkpoints.replies import (
    denied,
    missing,
    nonsense,
    refusal,
    unheard,
)

TIMEOUT_S = 20.0
"""For a listing; it is one small reply."""


class HuggingFace:
    """``https://huggingface.co``, or a mirror that speaks the same."""

    key = "huggingface"

    def __init__(self, address: Address) -> None:
        own = constants.ENDPOINT.rstrip("/")
        self.endpoint = (address.endpoint or own).rstrip("/")
        token = address.token
        if token is None and self.endpoint == own:
            token = huggingface_hub.get_token()
        self._token = token
        # The library's own would go wherever it is sent, and through any proxy.
        huggingface_hub.set_client_factory(
            partial(hub_client, self.endpoint, TIMEOUT_S, LISTING)
        )
        self._api = huggingface_hub.HfApi(
            endpoint=self.endpoint, token=token or False, library_name="idolens"
        )

    @property
    def headers(self) -> Mapping[str, str]:
        """The token, where there is one."""
        return {"authorization": f"Bearer {self._token}"} if self._token else {}

    def listing(self, name: str, revision: str | None) -> Listing:
        """List a model's files; see `Hub.listing`."""
        check_name(name)
        with _our_errors(self.endpoint, name):
            found = self._api.model_info(
                name, revision=revision, files_metadata=True, timeout=TIMEOUT_S
            )
            files, commit = found.siblings, found.sha
        if not files or not commit:
            raise nonsense(self.endpoint)
        return Listing(
            name=name,
            revision=commit,
            files=tuple(
                self._file(name, commit, one)
                for one in files
                if is_wanted(one.rfilename)
            ),
            left_out=tuple(
                one.rfilename for one in files if not is_wanted(one.rfilename)
            ),
        )

    def _file(self, name: str, commit: str, found: Any) -> RemoteFile:
        lfs = cast("Mapping[str, Any] | None", found.lfs)
        digest = sha256_of(lfs["sha256"]) if lfs else None
        return RemoteFile(
            path=found.rfilename,
            size=found.size,
            digest=digest or found.blob_id,
            algorithm="sha256" if digest else "git-sha1",
            url=huggingface_hub.hf_hub_url(
                name, found.rfilename, revision=commit, endpoint=self.endpoint
            ),
        )


@contextmanager
def _our_errors(endpoint: str, name: str) -> Generator[None]:
    """Turn what huggingface_hub and its HTTP client raise into our errors."""
    try:
        yield
    except hub_errors.RevisionNotFoundError as error:
        raise missing(f"revision of {name}") from error
    except hub_errors.RepositoryNotFoundError as error:
        raise denied(name) from error
    except hub_errors.HfHubHTTPError as error:
        reply = error.response
        raise refusal(reply.status_code, name, reply.headers) from error
    except (httpx2.TransportError, hub_errors.OfflineModeIsEnabled) as error:
        raise unheard(endpoint, error) from error
    except (ValueError, KeyError, TypeError, httpx2.HTTPError) as error:
        raise nonsense(endpoint) from error
