"""What /openapi.json says is what the service does; Schemathesis tries hard."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idolens.settings import Settings
from idolens.studio import open_studio
from idolens.vocabulary import Role
from idolens.web.access.permissions import FOR_KEYS, RULES, Open, Permission
from idolens.web.app import create_api, create_app
from tests.fakes import FakeEngine
from tests.jobs.shows import SESSION
from tests.web.access.house import PASSWORD, archive_in
from tests.web.api.studio import analysed
from tests.web.service import FakeEyes

EXAMPLES = 10
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_FOR_KEYS = frozenset(Permission) - FOR_KEYS
BYTES = "application/offset+octet-stream"
REAL = {
    "session_id": SESSION,
    "frame_id": "f000000",
    "name": "livestream-zh",
}

pytestmark = [
    # Schemathesis draws some of its wrong values without hypothesis.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module"),
    pytest.mark.xdist_group("description"),
]


@schemathesis.serializer(BYTES)
def as_bytes(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@cache
def addresses() -> list[str]:
    """Every address of the description."""
    paths = create_api(FakeEyes(), Settings()).openapi()["paths"]
    return [f"{method.upper()} {path}" for path in paths for method in paths[path]]


@dataclass(frozen=True)
class Service:
    """A studio in which there is something, and who may ask it.

    Attributes:
        operations: by address, as somebody reads them who has a key.
        headers: of a program with all that a key can be given, or of an admin.
    """

    operations: dict[str, APIOperation]
    key: str
    studio: Any

    def headers(self, address: str) -> dict[str, str]:
        rule = RULES[address.replace("HEAD ", "GET ")]
        if rule not in NOT_FOR_KEYS:
            return {"Authorization": f"Bearer {self.key}"}
        account = self.studio.archive.accounts.all()[0]
        login = self.studio.archive.logins.begin(account)
        return {"Cookie": f"idolens={login}", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("described")
    chosen = Settings(
        home=folder / "home",
        logs=folder / "logs",
        disk_reserve_mib=0,
        allowed_hosts=("testserver",),
        load={"caller_per_minute": 0},
    )
    closing = threading.Event()
    closing.set()  # streams end at once
    with (
        open_studio(chosen, engine=FakeEngine()) as studio,
        archive_in(folder) as cheap,
    ):
        analysed(studio, folder / "shows", seconds=4)
        studio.archive.accounts = cheap.accounts
        cheap.accounts.add("lin", Role.ADMIN, PASSWORD, "setup")
        _, key = studio.archive.keys.add(
            "test", [scope.value for scope in FOR_KEYS], "setup", None
        )
        schema = schemathesis.openapi.from_asgi(
            "/openapi.json",
            create_app(studio, chosen, closing=closing),
            headers={"Authorization": f"Bearer {key}"},
        )
        schema.config.generation.with_security_parameters = False
        found = [result.ok() for result in schema.get_all_operations()]
        yield Service({one.label: one for one in found}, key, studio)


def tried(operation: APIOperation, mode: GenerationMode, try_it, **fixed) -> None:
    """Call ``try_it`` with cases; the same ones each time."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(mode, **fixed))
    def all_cases(case: Case) -> None:
        try_it(case)

    all_cases()


@pytest.mark.parametrize("address", addresses())
def test_every_answer_is_one_that_is_described(service, address):
    """Of whatever is asked, right or wrong: no server error, nothing undescribed."""
    operation = service.operations[address]
    headers = service.headers(address)

    def with_key(case: Case) -> None:
        case.call_and_validate(
            headers=headers, checks=[*CHECKS, ignored_auth], timeout=60
        )

    tried(operation, GenerationMode.POSITIVE, with_key)
    places = [place.name for place in operation.path_parameters]
    if REAL.keys() & set(places):
        real = {name: REAL.get(name, "1") for name in places}
        tried(operation, GenerationMode.POSITIVE, with_key, path_parameters=real)
    with suppress(Unsatisfiable):  # nothing that could be sent is wrong
        tried(operation, GenerationMode.NEGATIVE, with_key)


@pytest.mark.parametrize("address", addresses())
def test_nobody_gets_in_without_a_key(service, address):
    """The same from nobody known: 401 as described, or the door is an open one."""
    operation = service.operations[address]
    is_open = RULES[address.replace("HEAD ", "GET ")] is Open.OPEN

    def without(case: Case) -> None:
        reply = case.call(timeout=60)
        case.validate_response(reply, checks=CHECKS)
        assert is_open or reply.status_code == 401

    tried(operation, GenerationMode.POSITIVE, without)
