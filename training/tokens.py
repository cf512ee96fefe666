"""The tokenizer: words that studios use as whole tokens, characters, and bytes."""

import re
import string
from importlib.resources import files
from pathlib import Path

import yaml
from tokenizers import Tokenizer, decoders
from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast

from training.questions import ALL_WORDINGS, OTHER, WIDE_QUESTION_MARK
from training.scenes import ATTRIBUTES, CANNOT_TELL
from training.sentences import DESCRIBE, NOTHING, TAG_QUESTIONS
from training.specials import (
    LEVELS,
    LEVELS_EN,
    MOOD_QUESTIONS,
    MOOD_QUESTIONS_EN,
    SPECIALS,
    UNRELATED,
    UNRELATED_EN,
    UNRELATED_OPTIONS,
)
from training.words import CHINESE, ENGLISH, ENGLISH_ALSO

END_OF_TEXT = "<|endoftext|>"
SPECIAL_TOKENS = (
    END_OF_TEXT,
    "[MASK]",
    "[gMASK]",
    "[sMASK]",
    "<sop>",
    "<eop>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    "<|observation|>",
    "<|begin_of_image|>",
    "<|image|>",
    "<|end_of_image|>",
    "<|begin_of_video|>",
    "<|video|>",
    "<|end_of_video|>",
    "<think>",
    "</think>",
    "/nothink",
    "<|begin_of_box|>",
    "<|end_of_box|>",
    "<tool_call>",
    "</tool_call>",
)
"""GLM's own, in GLM's order as far as they are used here."""
LABELS = ("是", "否", CANNOT_TELL, "Yes", "No", "Unclear")
PUNCTUATION = "\n ,.!?:;、。()" + WIDE_QUESTION_MARK + "\uff0c\uff1a\uff01"
_WORD, _CHARACTER, _BYTE = -1.0, -3.0, -20.0


def _wordings() -> list[str]:
    texts: list[str] = []
    for wordings in ALL_WORDINGS.values():
        for name in ("which", "whether", "whether_not"):
            texts += getattr(wordings, name)
            texts += getattr(wordings, f"{name}_en")
    for special in SPECIALS:
        texts += (*special.wordings, *special.negated, *special.english)
    texts += (*MOOD_QUESTIONS, *MOOD_QUESTIONS_EN, *UNRELATED, *UNRELATED_EN)
    texts += DESCRIBE
    for questions in TAG_QUESTIONS.values():
        texts += questions
    return texts


def _scaffold() -> list[str]:
    """The fixed pieces of the prompts, each one token."""
    pieces: list[str] = []
    for language in ("zh", "en"):
        source = files("idolens.vlm").joinpath("prompts", f"{language}.yaml")
        words: dict[str, str] = yaml.safe_load(source.read_text(encoding="utf-8"))
        pieces.append(words["role"])
        for kind in ("yes_no", "choice", "score", "tags", "text"):
            split = re.split(r"\{\w+\}", words[kind])
            pieces += [piece for piece in split if len(piece.strip()) > 1]
    return pieces


def _spoken() -> list[str]:
    """Words of the model's own answers that no list above holds."""
    text = """头发 服装 风格 的虚拟偶像 虚拟偶像 身穿 出镜 戴着 手拿 表情 场景是 无风险
        没有戴头饰 没有拿东西 没有标志 还是"""
    return text.split()


def lexicon() -> list[str]:
    """Every whole-word token, without repeats, in a fixed order."""
    words: list[str] = [*LABELS, *string.ascii_uppercase, *string.digits]
    words += [f"\n{letter}. " for letter in string.ascii_uppercase]
    words += [f"\n{digit}. " for digit in string.digits]
    words += _scaffold()
    words += [word for names in ATTRIBUTES.values() for word in names]
    words += [name for names in CHINESE.values() for name in names]
    words += [level for sets in LEVELS.values() for levels in sets for level in levels]
    words += [word for options in UNRELATED_OPTIONS for word in options]
    words += [OTHER, *NOTHING.values(), *_spoken()]
    words += [piece for text in _wordings() for piece in text.split("|")]
    english = [*ENGLISH.values(), "gold", *(f" {word}" for word in ENGLISH.values())]
    english += [*ENGLISH_ALSO.values(), *(f" {word}" for word in ENGLISH_ALSO.values())]
    english += [
        level for sets in LEVELS_EN.values() for levels in sets for level in levels
    ]
    for phrase in english:
        words += re.findall(r" ?[A-Za-z']+|-", phrase)
    words += ["LOGO", "Logo", "logo", *PUNCTUATION, *string.ascii_letters]
    return [
        word
        for word in dict.fromkeys(words)
        if word and "{x}" not in word and word not in SPECIAL_TOKENS
    ]


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A Viterbi segmentation into as few tokens as there can be."""
    words = lexicon()
    known = set(words)
    characters = sorted({character for word in words for character in word} - known)
    vocabulary: list[tuple[str, float]] = [(token, -100.0) for token in SPECIAL_TOKENS]
    vocabulary += [(word, _WORD) for word in words]
    vocabulary += [(character, _CHARACTER) for character in characters]
    vocabulary += [(f"<0x{number:02X}>", _BYTE) for number in range(256)]
    while len(vocabulary) % 64:
        vocabulary.append((f"<|unused_{len(vocabulary)}|>", -100.0))
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=0, byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        pad_token=END_OF_TEXT,
        clean_up_tokenization_spaces=False,
        padding_side="right",
        model_max_length=4096,
        model_input_names=["input_ids", "attention_mask"],
    )
    fast.chat_template = (
        Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8")
    )
    return fast
