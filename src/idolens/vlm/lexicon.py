"""A model's tokens as bytes, and which of them a JSON schema allows next.

The constrained decoding itself is llguidance's: it keeps a parser of the schema and
says, before every token, which tokens can still become a document of that schema.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray
from tokenizers import Tokenizer

from idolens.errors import QuestionError

Allowed = NDArray[np.bool_]
"""bool [words]: True where a token may come next."""

MOST_SCHEMA_CHARACTERS = 65_536
"""Longest schema, in characters of JSON."""

_UNKNOWN = re.compile(r'"([A-Za-z$]{1,40})"')
_KEYWORDS = frozenset(
    {
        "$dynamicRef",
        "$recursiveRef",
        "contains",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "maxContains",
        "minContains",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
    }
)
"""What a refusal may name: words of JSON Schema, never those of the sender."""


class Lexicon:
    """The tokens of one model; safe to share between threads.

    Args:
        tokenizer: of the model.
        stop: ids that end a reply.
        words: how many logits the model gives, where it is more than the tokenizer
            has tokens.
    """

    def __init__(
        self, tokenizer: Tokenizer, stop: frozenset[int], words: int | None = None
    ) -> None:
        self.stop = stop
        self._ll = LLTokenizer(
            tokenizer.to_str(), n_vocab=words, eos_token=sorted(stop)
        )
        added = tokenizer.get_added_tokens_decoder()
        self._marks = {id_: token.content for id_, token in added.items()}

    def bytes_of(self, token: int) -> bytes:
        """Return what a token writes; a mark such as ``<|user|>`` writes nothing."""
        return b"" if token in self._marks else self._ll.decode_bytes([token])

    def mark(self, token: int) -> str | None:
        """Return the name of a mark, or None for a token that writes."""
        return self._marks.get(token)

    def token(self, mark: str) -> int | None:
        """Return the token of a mark, or None where the model has none."""
        found = (token for token, name in self._marks.items() if name == mark)
        return next(found, None)

    def grammar(self, schema: Mapping[str, Any]) -> "Grammar":
        """Return what keeps one reply to ``schema``.

        Raises:
            QuestionError: no JSON schema, too long, or one that uses what cannot be
                kept; nothing in a schema is ever ignored.
        """
        text = json.dumps(schema)
        if len(text) > MOST_SCHEMA_CHARACTERS:
            raise QuestionError(
                f"The JSON schema has over {MOST_SCHEMA_CHARACTERS} characters:"
                " shorten it.",
                f"JSON schema 超过 {MOST_SCHEMA_CHARACTERS} 个字符:请缩短。",
            )
        # With free white space a model may say spaces without end.
        grammar = LLMatcher.grammar_from_json_schema(
            text, overrides={"whitespace_flexible": False}
        )
        _, complaints = LLMatcher.validate_grammar_with_warnings(grammar, self._ll)
        if complaints:
            raise _unusable(complaints)
        return Grammar(LLMatcher(self._ll, grammar, log_level=0), self._ll.vocab_size)


class Grammar:
    """How far one reply has come within its schema."""

    def __init__(self, matcher: LLMatcher, words: int) -> None:
        self._matcher = matcher
        self._words = words

    def allowed(self) -> Allowed:
        """Return which tokens may come next."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        return np.unpackbits(bits, bitorder="little")[: self._words].astype(np.bool_)

    def take(self, token: int) -> None:
        """Go on by one token, which must be allowed."""
        if not self._matcher.consume_token(token):
            raise _unusable([self._matcher.get_error()])

    @property
    def done(self) -> bool:
        """Whether the document is whole and nothing can follow."""
        return self._matcher.is_stopped()


def _unusable(complaints: list[str]) -> QuestionError:
    names = {name for text in complaints for name in _UNKNOWN.findall(text)}
    known = ", ".join(sorted(names & _KEYWORDS))
    if known:
        return QuestionError(
            f"The JSON schema uses what cannot be kept: {known}; leave it out.",
            f"JSON schema 使用了无法保证的关键字:{known};请去掉。",
        )
    return QuestionError(
        "The JSON schema cannot be used: check its types, formats and references.",
        "JSON schema 不可用:请检查其中的 type、format 和 $ref。",
    )
