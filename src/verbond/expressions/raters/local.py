"""A model of transformers in a folder, on this machine: a classifier of ours, or an encoder of sentences.

Nothing is fetched and no code from the folder is run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, softmax

from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.expressions.judging import VectorJudge
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.promise import Promise
from verbond.expressions.rating import EncoderRater, Rater
from verbond.expressions.training import learn, learn_against
from verbond.results import Reason
from verbond.results.wording import Language

__all__ = ["local_rater"]

_TOKENS = 512
_AT_ONCE = 16
_CLASSIFIER = "ForSequenceClassification"


def local_rater(folder: Path) -> Rater:
    """The model in a folder as a rater.

    Parameters
    ----------
    folder : Path
        What transformers' `save_pretrained` writes, weights as safetensors. A sequence classifier has the
        fifteen labels of ours: five relationships (one of them), ten values (each by itself). Of any other
        model the vectors are taken, and heads are learned on them from the gold set.

    Raises
    ------
    NotFoundError
        If there is no model.
    ReadError
        If it cannot be read, or its labels are not ours.
    OptionError
        If transformers or torch is not installed.
    """
    told = _config(folder)
    if any(str(name).endswith(_CLASSIFIER) for name in told.get("architectures") or ()):
        return _FolderClassifier(folder, told)
    return _FolderRater(folder)


class _FolderClassifier:
    """Probabilities straight from a classifier with our fifteen labels."""

    def __init__(self, folder: Path, told: dict[str, Any]) -> None:
        labels = {str(label): int(i) for i, label in (told.get("id2label") or {}).items()}
        if set(labels) != {*RELATIONSHIPS, *VALUES}:
            raise ReadError(
                "the labels of this model are not ours", file="config.json", value=", ".join(labels)[:200],
                expected=", ".join((*RELATIONSHIPS, *VALUES)),
            )  # fmt: skip
        self._kinds = [labels[name] for name in RELATIONSHIPS]
        self._values = [labels[name] for name in VALUES]
        self._model = _Loaded(folder, "AutoModelForSequenceClassification")
        self.name, self.version = f"folder:{folder.name}", _hash(folder)
        self.reasons: tuple[Reason, ...] = (_used(folder),)

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`."""
        if not texts:
            return np.zeros((0, len(RELATIONSHIPS))), np.zeros((0, len(VALUES))), ()
        logits = np.vstack([out.logits.double().numpy() for _, out in self._model.run(texts)])
        return softmax(logits[:, self._kinds], axis=1), expit(logits[:, self._values]), [None] * len(texts)


class _FolderRater(EncoderRater):
    """Heads, learned on the vectors of a model; its judge of promises is learned when it is first asked."""

    def __init__(self, folder: Path) -> None:
        encoder = _FolderEncoder(folder)
        super().__init__(encoder, learn(encoder))
        self.reasons = (_used(folder),)
        self._judge: VectorJudge | None = None

    def remembering(self) -> EncoderRater:
        """See `EncoderRater`; it stays what it is, with its judge."""
        return self

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """See `Judge`."""
        if self._judge is None:
            self._judge = VectorJudge(self.encoder, self.heads, learn_against(self.encoder, self.heads))
        return self._judge.judge(texts, languages, promise)


class _FolderEncoder:
    """Vectors of a model: the mean over its tokens, or its first token where the folder says so."""

    def __init__(self, folder: Path) -> None:
        self._model = _Loaded(folder, "AutoModel")
        self._first_token = bool(_json(folder / "1_Pooling" / "config.json").get("pooling_mode_cls_token"))
        self.name = f"folder:{folder.name}:{_hash(folder)}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See `Encoder`."""
        found = []
        for asked, out in self._model.run(texts):
            hidden, here = out.last_hidden_state, asked["attention_mask"].unsqueeze(-1)
            mean = (hidden * here).sum(1) / here.sum(1).clamp(min=1)
            found.append((hidden[:, 0] if self._first_token else mean).float().numpy())
        vectors = np.vstack(found)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


class _Loaded:
    """A tokenizer and a model, read from a folder and from nowhere else."""

    def __init__(self, folder: Path, kind: str) -> None:
        try:
            import torch
            import transformers
        except ImportError as error:
            raise OptionError(
                "a model in a folder needs the packages transformers and torch",
                got=f"no {error.name}", hint="Install them with: pip install transformers torch",
            ) from None  # fmt: skip
        self._torch = torch
        here = {"local_files_only": True, "trust_remote_code": False}
        try:
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **here)
            made = getattr(transformers, kind).from_pretrained(str(folder), use_safetensors=True, **here)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ReadError(
                f"transformers cannot read this model ({type(error).__name__})", file=folder.name,
                expected="what save_pretrained writes, with safetensors and a tokenizer",
            ) from None  # fmt: skip
        self._model = made.eval()

    def run(self, texts: Sequence[str]) -> Iterator[tuple[Any, Any]]:
        """What was asked and what came out, a few texts at a time."""
        for start in range(0, len(texts), _AT_ONCE):
            asked = self._tokenizer(
                list(texts[start : start + _AT_ONCE]), padding=True, truncation=True, max_length=_TOKENS,
                return_tensors="pt",
            )  # fmt: skip
            with self._torch.inference_mode():
                yield asked, self._model(**asked)


def _config(folder: Path) -> dict[str, Any]:
    if not (folder / "config.json").is_file():
        raise NotFoundError("no model in this folder", got=folder.name, expected="a folder with config.json")
    return _json(folder / "config.json")


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        told = json.loads(file.read_text("utf-8"))
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ReadError("this is no JSON object", file=file.name)
    return told


def _hash(folder: Path) -> str:
    """Of everything that says how it rates."""
    found = hashlib.sha256()
    for file in sorted([*folder.glob("*.json"), *folder.glob("*.safetensors"), *folder.glob("*.txt")]):
        with file.open("rb") as opened:
            found.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return found.hexdigest()[:12]


def _used(folder: Path) -> Reason:
    return Reason("expressions_raters.local_used", {"folder": folder.name})
