"""The tiny local model's own process: `python -m lib.providers.local_server WEIGHTS NAME`.

It reads a key from the first line of its input, writes its address (or `error: …`) as one line, serves OpenAI's
protocol on a free loopback port to whoever has the key, and ends when its input does: when its parent is gone.
"""

import contextlib
import ctypes
import os
import signal
import sys
from types import FrameType
from typing import Any

#: Linux: the signal to get when the parent dies. https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
_PR_SET_PDEATHSIG = 1
#: ChatML, as the model was trained on it, with a system prompt of ours: the one it comes with makes it talk about its
#: maker. https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct
_CHAT_TEMPLATE = (
    "<|im_start|>system\nYou are a helpful project planner. Your answers are short, concrete and about the topic."
    "<|im_end|>\n"
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
#: Half of what SmolLM2 can read; a longer context costs memory and makes it wander.
_CONTEXT_TOKENS = 4096


def main() -> None:
    """Serve until the parent is gone."""
    _end_with_parent()
    key = sys.stdin.buffer.readline().decode().strip()
    answers = os.dup(1)
    _silence()
    try:
        server = _serve(sys.argv[1], key, sys.argv[2])
        line = server.listening_address
    except Exception as error:
        line = f"error: {error}"
    os.write(answers, f"{line}\n".encode())
    os.close(answers)
    if not line.startswith("error:"):
        while os.read(0, 4096):
            pass
    os._exit(0)  # the server's threads have nothing to save, and joining them can take as long as an answer


def _serve(weights: str, key: str, name: str) -> Any:
    import xllamacpp  # noqa: PLC0415 - it writes to the output when it is loaded

    parameters = xllamacpp.CommonParams()
    parameters.model.path, parameters.port, parameters.api_keys = weights, 0, [key]
    parameters.model_alias = {name}  # else its answers name the file
    parameters.n_ctx, parameters.n_parallel, parameters.warmup = _CONTEXT_TOKENS, 1, True
    # Two threads were ten times slower than one on two busy cores: the threads spin while they wait for each other.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    parameters.use_jinja, parameters.chat_template = True, _CHAT_TEMPLATE
    parameters.ui = parameters.endpoint_slots = False
    parameters.cache_ram_mib = 0  # by default it keeps up to 8 GiB of earlier prompts
    parameters.sampling.penalty_repeat = 1.15  # without it, a model this small repeats itself
    return xllamacpp.Server(parameters)


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _end_with_parent() -> None:
    """End also where somebody else holds our input open, as a fork of the parent may."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when we end
    parent = os.getppid()

    def check(_signal: int, _frame: FrameType | None) -> None:
        # The signal comes when the parent's thread that started us ends, which need not be the parent's end.
        if os.getppid() != parent:
            os._exit(0)

    signal.signal(signal.SIGUSR1, check)
    with contextlib.suppress(AttributeError):  # macOS has no prctl
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR1)
    check(signal.SIGUSR1, None)


if __name__ == "__main__":
    main()
