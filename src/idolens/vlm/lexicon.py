"""A model's tokens as bytes, and which of them a JSON schema allows next.

The constrained decoding itself is llguidance's: it keeps a parser of the schema and
says, before every token, which tokens can still become a document of that schema.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray
from tokenizers import Tokenizer

from idolens.errors import QuestionError

Allowed = NDArray[np.bool_]
"""bool [words]: True where a token may come next."""

MOST_SCHEMA_CHARACTERS = 65_536
"""Longest schema, in characters of JSON."""
MOST_PATTERNS = 8
"""Most ``pattern`` and ``format`` together where a schema joins others (``allOf``…):
what must match all of n patterns takes time that doubles with each."""
MOST_LEVELS = 64
"""Deepest schema, in objects and lists within each other."""

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
        _check_size(schema)
        text = json.dumps(schema)
        if len(text) > MOST_SCHEMA_CHARACTERS:
            raise _too_large(f"{MOST_SCHEMA_CHARACTERS} characters", "个字符")
        try:
            # With free white space a model may say spaces without end.
            grammar = LLMatcher.grammar_from_json_schema(
                text, overrides={"whitespace_flexible": False}
            )
        except ValueError as error:
            raise _unusable([]) from error
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
        """Return which tokens may come next.

        Raises:
            QuestionError: the schema is too intricate to go on with.
        """
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        if self._matcher.is_error():
            raise _unusable([self._matcher.get_error()])
        return np.unpackbits(bits, bitorder="little")[: self._words].astype(np.bool_)

    def take(self, token: int) -> None:
        """Go on by one token, which must be allowed."""
        if not self._matcher.consume_token(token):
            raise _unusable([self._matcher.get_error()])

    @property
    def done(self) -> bool:
        """Whether the document is whole and nothing can follow."""
        return self._matcher.is_stopped()


def _check_size(schema: Mapping[str, Any]) -> None:
    """Refuse a schema whose preparation could take minutes.

    Joined are ``allOf``, and what stands beside a ``$ref``, ``anyOf`` or ``oneOf``.
    """
    patterns = joined = 0
    level: list[Any] = [schema]
    for _ in range(MOST_LEVELS):
        objects = [
            cast("dict[str, Any]", one) for one in level if isinstance(one, dict)
        ]
        patterns += sum(key in one for one in objects for key in ("pattern", "format"))
        joined += sum("allOf" in one or _has_company(one) for one in objects)
        level = [
            value
            for one in level
            for value in (
                cast("dict[str, Any]", one).values()
                if isinstance(one, dict)
                else cast("list[Any]", one)
            )
            if isinstance(value, dict | list)
        ]
    if level:
        raise _too_large(f"{MOST_LEVELS} levels", "层")
    if joined and patterns > MOST_PATTERNS:
        raise _too_large(f"{MOST_PATTERNS} patterns and formats joined", "个组合的模式")


def _has_company(part: Mapping[str, Any]) -> bool:
    joins = any(key in part for key in ("$ref", "anyOf", "oneOf"))
    return joins and any(key in part for key in ("pattern", "format"))


def _too_large(en: str, zh: str) -> QuestionError:
    number = en.partition(" ")[0]
    return QuestionError(
        f"The JSON schema has over {en}: make it simpler.",
        f"JSON schema 超过 {number} {zh}:请简化。",
    )


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
