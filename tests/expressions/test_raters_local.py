"""A model in a folder: tiny, made here where transformers is installed; what goes wrong is tried anywhere."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.expressions import RELATIONSHIPS, VALUES, Promise, rate
from verbond.expressions.raters import local_rater, rater_of

LABELS = [*VALUES[::-1], *RELATIONSHIPS[::-1]]
"""In another order than ours."""
TEXTS = ["Wij staan naast je als het tegenzit.", "Nu met korting, alles moet weg voor het einde van de week!"]


def config(folder: Path, **told: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"} | told))
    return folder


def test_no_folder_no_model(tmp_path: Path) -> None:
    with pytest.raises(
        NotFoundError, match=r"no model in this folder: found empty, expected .* config\.json"
    ):
        local_rater(tmp_path / "empty")


def test_labels_that_are_not_ours_are_named(tmp_path: Path) -> None:
    told = {
        "architectures": ["BertForSequenceClassification"],
        "id2label": {"0": "positive", "1": "negative"},
    }
    with pytest.raises(ReadError, match="'positive, negative', expected market, "):
        local_rater(config(tmp_path, **told))


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_a_broken_description_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ReadError, match=r"config\.json"):
        local_rater(tmp_path)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_without_the_packages_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    with pytest.raises(OptionError, match=r"needs the packages transformers and torch.*pip install"):
        rater_of(f"folder:{config(tmp_path)}")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A tokenizer of letters, for models of one layer."""
    transformers = pytest.importorskip("transformers", reason="transformers is no dependency of ours")
    pytest.importorskip("torch", reason="torch is no dependency of ours")
    letters = "abcdefghijklmnopqrstuvwxyzéëïöü.,!?'-:;0123456789%€()"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    vocabulary = {word: i for i, word in enumerate(words)}
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(tmp_path)
    return tmp_path


def tiny(kind: str, **more: Any) -> Any:
    import torch
    import transformers

    torch.manual_seed(5)
    told = transformers.BertConfig(
        vocab_size=120,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        **more,
    )
    return getattr(transformers, kind)(told)


def test_a_classifier_gives_what_its_head_says(made: Path) -> None:
    import torch

    model = tiny("BertForSequenceClassification", id2label=dict(enumerate(LABELS)), num_labels=15)
    logits = np.linspace(-2, 2, 15)
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias.copy_(torch.tensor(logits))
    model.save_pretrained(made)
    rater = local_rater(made)
    kinds, values, reasons = rater.rate(TEXTS, ["nl", "nl"])
    of = dict(zip(LABELS, np.exp(logits), strict=True))
    total = sum(of[name] for name in RELATIONSHIPS)
    SINGLE = 1e-6  # the model computes in single precision
    assert kinds[0] == pytest.approx([of[name] / total for name in RELATIONSHIPS], rel=SINGLE)
    assert values[1] == pytest.approx([of[name] / (1 + of[name]) for name in VALUES], rel=SINGLE)
    assert reasons == [None, None]
    assert [one.shape for one in rater.rate([], [])[:2]] == [(0, 5), (0, 10)]
    assert rate(TEXTS, rater=rater).reasons[0].values == {"folder": made.name}


def test_vectors_are_the_mean_over_tokens_or_the_first(made: Path) -> None:
    import torch
    import transformers

    model = tiny("BertModel").eval()
    model.save_pretrained(made)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(made))
    for first_token in (False, True):
        (made / "1_Pooling").mkdir(exist_ok=True)
        (made / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": first_token}))
        rater = local_rater(made)
        found = rater.encoder.encode(TEXTS)  # type: ignore[attr-defined]
        for text, vector in zip(TEXTS, found, strict=True):
            with torch.inference_mode():  # alone, so without padding
                hidden = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].numpy()
            true = hidden[0] if first_token else hidden.mean(axis=0)
            assert vector == pytest.approx(true / np.linalg.norm(true), abs=1e-5)


def test_heads_and_verdicts_are_learned_on_its_vectors(made: Path) -> None:
    tiny("BertModel").save_pretrained(made)
    rater = local_rater(made)
    kinds, values, _ = rater.rate(TEXTS, ["nl", "nl"])
    assert kinds.sum(axis=1) == pytest.approx([1, 1])
    assert ((values > 0) & (values < 1)).all()
    against = rater.judge(TEXTS, ["nl", "nl"], Promise("Wij staan naast je."))  # type: ignore[attr-defined]
    assert ((against > 0) & (against < 1)).all()
    other = tiny("BertModel", layer_norm_eps=1e-6)
    other.save_pretrained(made)
    assert local_rater(made).name != rater.name


def test_no_pickles_and_no_code_of_the_folder(made: Path) -> None:
    import torch

    model = tiny("BertModel")
    model.config.save_pretrained(made)
    torch.save(model.state_dict(), made / "pytorch_model.bin")
    with pytest.raises(ReadError, match="safetensors"):
        local_rater(made)
    (made / "evil.py").write_text(f"open({str(made / 'ran')!r}, 'w')\nclass Evil: pass\n")
    told = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}}
    (made / "config.json").write_text(json.dumps(told))
    with pytest.raises(ReadError):
        local_rater(made)
    assert not (made / "ran").exists()
