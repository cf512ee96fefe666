"""The chat engine: any server that speaks OpenAI's chat protocol, one or many.

Takes addresses, gives an `Engine` that also speaks (`Speaker`). Knows what vLLM,
SGLang, llama.cpp, LMDeploy, transformers and Zhipu take; no policy, no session.
"""

from idolens.vlm.chat.engine import ChatEngine, open_chat
from idolens.vlm.chat.profiles import PROFILES

__all__ = ["PROFILES", "ChatEngine", "open_chat"]
