"""ONNX graphs of small models: exported once with PyTorch, then served on the processor without it."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

BATCH = {0: "batch"}
"""Axes of variable length of a vector for each text."""
TOKENS = {0: "batch", 1: "tokens"}
"""Axes of variable length of a vector for each token."""


def open_session(graph: Path, threads: int | None = None) -> Any:  # noqa: ANN401 (an untyped library)
    """An ONNX Runtime session over an exported graph, with up to four threads unless told how many."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.force_spinning_stop", "1")  # between runs threads leave the cores alone
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def make_whole(target: Path, export: Callable[[Path], None]) -> None:
    """Export to `target`, a file in a folder of its own. Interrupted exports leave nothing behind."""
    folder = target.parent.parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="export-", dir=folder))
    try:
        export(draft / target.name)
        target.parent.mkdir(exist_ok=True)
        (draft / target.name).replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load_encoder(weights: Path) -> Any:  # noqa: ANN401 (an untyped library)
    """A sentence encoder as a PyTorch module, with attention that can be exported; never reaches the network."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return AutoModel.from_pretrained(str(weights), attn_implementation="eager")


def write_graph(
    make: Callable[[], Any],
    file: Path,
    sample: Mapping[str, Any],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
) -> None:
    """Write the PyTorch module that `make` builds, traced by the TorchScript exporter on the inputs of `sample`.

    `axes`: which axes of each input and output vary in length, and what they are called.
    """
    import torch

    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            make().eval(),
            tuple(sample.values()),
            str(file),
            input_names=list(sample),
            output_names=list(outputs),
            dynamic_axes={name: dict(varying) for name, varying in axes.items()},
            opset_version=17,
            dynamo=False,
        )


def in_eight_bits(whole: Path, file: Path) -> None:
    """Write a graph with its weights in eight bits: a quarter of the size, and half again as fast on a processor.

    Dynamic quantisation a channel at a time, in seven of the eight bits, so that processors without VNNI do not
    saturate (ONNX Runtime's guide on quantisation).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ready, handlers = whole.with_name(f"ready-{whole.name}"), logging.getLogger().handlers[:]
    try:
        quant_pre_process(str(whole), str(ready), skip_symbolic_shape=True)
        quantize_dynamic(str(ready), str(file), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    finally:
        logging.getLogger().handlers[:] = handlers  # it logs through the root, which then prints everybody's lines
    ready.unlink()
