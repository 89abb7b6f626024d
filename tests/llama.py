"""llama.cpp, served for real: its own HTTP server and templates, with a model of our own making.

The model is tiny and random, so its words are noise and often half a character; what it says is
fixed by the seed and by temperature 0. Grammars hold for it as for any other model:

    response_format json_schema   ends by itself, given a small schema and some fifty tokens
    tools                         noise begins no call by itself, and ends none; `CALLING` does
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import gguf
import numpy as np
import pytest

xllamacpp = pytest.importorskip("xllamacpp")

MODEL: Final = "tiny"
"""What answers call it."""

CONTEXT: Final = 512
"""Tokens of prompt and answer together, for each of the slots."""

SLOTS: Final = 2

WIDTH: Final = 64
INNER_WIDTH: Final = 128
LAYERS: Final = 2
HEADS: Final = 4
KEY_VALUE_HEADS: Final = 2

SPECIAL: Final = ["<|bos|>", "<|eos|>", "<|im_start|>", "<|im_end|>"]
MARKS: Final = ["<tool_call>", "</tool_call>"]
MERGED: Final = ["he", "ll", "or"]

CALLING: Final[Mapping[str, Any]] = {
    "logit_bias": {str(256 + len(SPECIAL)): 100},  # of `<tool_call>`
    "stop": ["</tool_call>"],
    "max_tokens": 128,
}
"""What a request with `tools` says besides, to be answered with one call."""

TEMPLATE: Final = """\
{% if tools %}<|im_start|>system
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% endif %}\
{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content or "" }}\
{% for call in message.tool_calls or [] %}\
<tool_call>{"name": "{{ call.function.name }}", \
"arguments": {{ call.function.arguments | tojson }}}</tool_call>\
{% endfor %}<|im_end|>
{% endfor %}\
{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
"""Where a template does not know tools, llama.cpp leaves them out without a word."""


def write_model(path: Path) -> None:
    """Half a megabyte of Llama, in a third of a second."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER_WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    add_tokenizer(writer)
    add_tensors(writer, vocabulary=256 + len(SPECIAL) + len(MARKS) + len(MERGED))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter) -> None:
    kinds = gguf.TokenType
    tokens = [*byte_letters(), *SPECIAL, *MARKS, *MERGED]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [kinds.NORMAL] * 256
        + [kinds.CONTROL] * len(SPECIAL)
        + [kinds.USER_DEFINED] * len(MARKS)
        + [kinds.NORMAL] * len(MERGED)
    )
    writer.add_token_merges([" ".join(pair) for pair in MERGED])
    writer.add_bos_token_id(tokens.index("<|bos|>"))
    writer.add_eos_token_id(tokens.index("<|eos|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def add_tensors(writer: gguf.GGUFWriter, *, vocabulary: int) -> None:
    dice = np.random.default_rng(0)

    def noise(name: str, *shape: int) -> None:
        writer.add_tensor(f"{name}.weight", dice.normal(0, 0.3, shape).astype(np.float32))

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))

    key_value_width = WIDTH // HEADS * KEY_VALUE_HEADS
    noise("token_embd", vocabulary, WIDTH)
    ones("output_norm")
    noise("output", vocabulary, WIDTH)
    for block in (f"blk.{layer}" for layer in range(LAYERS)):
        ones(f"{block}.attn_norm")
        ones(f"{block}.ffn_norm")
        noise(f"{block}.attn_q", WIDTH, WIDTH)
        noise(f"{block}.attn_k", key_value_width, WIDTH)
        noise(f"{block}.attn_v", key_value_width, WIDTH)
        noise(f"{block}.attn_output", WIDTH, WIDTH)
        noise(f"{block}.ffn_gate", INNER_WIDTH, WIDTH)
        noise(f"{block}.ffn_up", INNER_WIDTH, WIDTH)
        noise(f"{block}.ffn_down", WIDTH, INNER_WIDTH)


def byte_letters() -> list[str]:
    """GPT-2's letter for each byte: the printable ones themselves, the others from U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


@contextmanager
def serving(model: Path) -> Iterator[str]:
    """The base URL of a server on loopback, up to and with `/v1`."""
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {MODEL}
    params.n_ctx = CONTEXT * SLOTS
    params.n_parallel = SLOTS
    params.warmup = False
    params.verbosity = -1  # says nothing, not even of errors
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        # Its threads end, and its port is closed, when nobody holds it any more.
        del server
