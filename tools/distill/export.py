"""The trained table as a Model2Vec directory, which `lode convert --dtype int4` makes one file of."""

import json
import pathlib

import numpy as np
from safetensors.numpy import save


def export(folder: pathlib.Path, table, described):
    """config.json, tokenizer.json and model.safetensors with the table's rows, F32."""
    if len(table) != len(described["model"]["vocab"]):
        raise ValueError(f"{len(table)} rows for {len(described['model']['vocab'])} tokens")
    if not np.isfinite(table).all():
        raise ValueError("the table is not finite")
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "tokenizer_name": "all-MiniLM-L6-v2",
              "hidden_dim": int(table.shape[1]), "normalize": True, "max_length": 512}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (folder / "tokenizer.json").write_text(
        json.dumps(described, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    tensors = {"embeddings": np.ascontiguousarray(table, np.float32)}
    (folder / "model.safetensors").write_bytes(save(tensors, metadata={"format": "pt"}))
