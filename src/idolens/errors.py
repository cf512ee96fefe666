"""What can go wrong, and what to do about it.

The class says whether trying again can help (`TemporaryError`) or not
(`PermanentError`); callers read the type, never the message. Every message is
one sentence in Chinese and one in English that says what to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from idolens.vocabulary import Bilingual, Language


class IdolensError(Exception):
    """The base of all our errors.

    Attributes:
        code: a stable, machine-readable name.
        exit_code: what the command line ends with.
        http_status: what the HTTP API answers.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = Bilingual(zh=zh, en=en)

    def within(self, language: Language) -> str:
        """Return the message in ``language``."""
        return self.words.within(language)


class PermanentError(IdolensError):
    """Trying again gives the same error."""


class TemporaryError(IdolensError):
    """Trying again later may work.

    Attributes:
        delay_s: how long to wait before the next try, in seconds.
    """

    code = "temporary"
    http_status = 503
    delay_s: float = 1.0


class BadInputError(PermanentError):
    """The caller gave something that cannot be used."""

    code = "bad_input"
    exit_code = 2
    http_status = 422


class MalformedError(BadInputError):
    """A request is not what its format promises: broken JSON or base64."""

    code = "malformed"
    http_status = 400


class SettingsError(BadInputError):
    """A setting is unknown or has an impossible value."""

    code = "settings"


class MediaError(BadInputError):
    """A recording or picture cannot be read."""

    code = "unreadable_media"


class UnsupportedMediaError(MediaError):
    """The file is of a kind that idolens does not open."""

    code = "unsupported_media"
    http_status = 415


class TooLargeError(MediaError):
    """The input is over a limit."""

    code = "too_large"
    http_status = 413


class DecodeTimeoutError(MediaError):
    """Decoding took longer, or more memory, than it is allowed."""

    code = "decode_limit"


class QuestionError(BadInputError):
    """A question is malformed: no options, duplicate keys, or too long."""

    code = "bad_question"


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in something that a person wrote.

    Attributes:
        place: the key, e.g. ``questions[0].kind``.
        words: its line, and what is wrong.
    """

    place: str
    words: Bilingual


class PolicyError(BadInputError):
    """A policy file is wrong; the message names the line or the key.

    Attributes:
        faults: all mistakes that are known, in order of their lines.
    """

    code = "bad_policy"

    def __init__(self, en: str, zh: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(en, zh)
        self.faults = tuple(faults)


class EngineError(PermanentError):
    """An engine cannot be opened or gave something unusable."""

    code = "engine"


class UnknownEngineError(BadInputError):
    """There is no engine of this name."""

    code = "unknown_engine"


class CannotSpeakError(PermanentError):
    """The engine answers questions, but holds no conversation."""

    code = "cannot_speak"
    http_status = 501


class NotHereError(BadInputError):
    """Something that this needs is not installed on this machine."""

    code = "not_installed"
    http_status = 406


class PrintError(PermanentError):
    """The browser that prints gave no PDF."""

    code = "not_printed"


class EngineBusyError(TemporaryError):
    """The engine has no room now."""

    code = "engine_busy"


class ClientLeftError(TemporaryError):
    """Whoever asked hung up before their turn; nobody reads this answer."""

    code = "client_left"
    http_status = 499


class ArchiveError(PermanentError):
    """The database or the picture store cannot be used."""

    code = "archive"


class ArchiveBusyError(TemporaryError):
    """Another process is writing to the database."""

    code = "archive_busy"


class DiskFullError(TemporaryError):
    """There is not enough room on the disk."""

    code = "disk_full"
    http_status = 507
    delay_s = 60.0


class BackupError(PermanentError):
    """A backup cannot be made, is damaged, or cannot be restored here."""

    code = "backup"


class NotFoundError(BadInputError):
    """There is nothing under this name or id."""

    code = "not_found"
    http_status = 404


class NotSignedInError(BadInputError):
    """Nobody known asks: no login, no key, or one that does not work any more."""

    code = "not_signed_in"
    http_status = 401


class NotAllowedError(BadInputError):
    """Whoever asks is known, and may not do this."""

    code = "not_allowed"
    http_status = 403


class KeyReusedError(BadInputError):
    """An Idempotency-Key comes again with another request."""

    code = "idempotency_key_reused"


class UnknownOutcomeError(BadInputError):
    """Something was begun, and nobody knows whether it was done."""

    code = "unknown_outcome"
    http_status = 409


class UploadStalledError(TemporaryError):
    """Nothing came of an upload for too long."""

    code = "upload_stalled"
    http_status = 408


class LengthRequiredError(BadInputError):
    """A request does not say how large its body is."""

    code = "length_required"
    http_status = 411


class PreconditionError(BadInputError):
    """A request speaks another version of a protocol."""

    code = "wrong_version"
    http_status = 412


class ChangedError(BadInputError):
    """Something is not any more what the client has seen of it.

    Attributes:
        tag: of what stands there now, if anything that has one does.
    """

    code = "changed"
    http_status = 412

    def __init__(self, en: str, zh: str, *, tag: str | None = None) -> None:
        super().__init__(en, zh)
        self.tag = tag


class ConflictError(BadInputError):
    """It is like that already, or something else stands in the way."""

    code = "conflict"
    http_status = 409


class TooManyError(TemporaryError):
    """The same caller asks too often."""

    code = "too_many_requests"
    http_status = 429

    def __init__(self, en: str, zh: str, delay_s: float) -> None:
        super().__init__(en, zh)
        self.delay_s = delay_s


class UploadBusyError(TemporaryError):
    """Two requests send the same upload at once."""

    code = "upload_busy"
    http_status = 423


class UploadGoneError(BadInputError):
    """An upload has expired."""

    code = "upload_expired"
    http_status = 410


class GoneError(BadInputError):
    """It was there, and was deleted when its term was over."""

    code = "gone"
    http_status = 410


class UploadChangedError(BadInputError):
    """What arrived is not what was sent; 460 is the tus protocol's status for it."""

    code = "checksum_mismatch"
    http_status = 460


class UnknownModelError(NotFoundError):
    """A request names a model that is not the one behind the service."""

    code = "model_not_found"


class HubError(PermanentError):
    """A hub refuses a model, or gives something that is not one."""

    code = "hub"


class HubBusyError(TemporaryError):
    """A hub cannot be reached now, or has no time."""

    code = "hub_busy"


class JobError(PermanentError):
    """A job cannot be started, resumed or cancelled."""

    code = "job"
    http_status = 409
