"""Brings messages to group bots, webhooks and mailboxes; tells what came of it.

Takes a message as a Standard Webhook's body and a target of the settings. Goes to the
addresses in the settings and nowhere else. Must not know what a message is about, or
when it is to be tried again.
"""

from idolens.outputs.delivery.letter import Letter, letter_of
from idolens.outputs.delivery.outcome import Delivered, Failed, Gone, Outcome, Sender
from idolens.outputs.delivery.schedule import again_in_s, tries
from idolens.outputs.delivery.senders import address_of, language_of, sender_for

__all__ = [
    "Delivered",
    "Failed",
    "Gone",
    "Letter",
    "Outcome",
    "Sender",
    "address_of",
    "again_in_s",
    "language_of",
    "letter_of",
    "sender_for",
    "tries",
]
