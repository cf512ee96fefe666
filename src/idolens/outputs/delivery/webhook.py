"""A Standard Webhook (standardwebhooks.com): signed, so that nobody can make one up."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook

from idolens.outputs.delivery.letter import Letter
from idolens.outputs.delivery.outcome import Failed, Outcome
from idolens.outputs.delivery.posting import Post, judged


class WebhookSender:
    """Sends to a service that verifies signatures.

    Args:
        post: where to.
        secrets: each signs; while one replaces another, both are given.
        clock: the time, with its zone.
    """

    def __init__(
        self,
        post: Post,
        secrets: Sequence[str],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._post = post
        self._signers = [Webhook(secret) for secret in secrets]
        self._clock = clock

    def send(self, letter: Letter) -> Outcome:
        """See `Sender.send`."""
        now = self._clock().astimezone(UTC)  # the library takes any time for UTC
        signatures = [
            signer.sign(letter.id, now, letter.body) for signer in self._signers
        ]
        answer = self._post.send(
            letter.body.encode(),
            headers={
                "webhook-id": letter.id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": " ".join(signatures),
            },
        )
        return answer if isinstance(answer, Failed) else judged(answer)
