"""What was said, each message once: counted in plain Python."""

from __future__ import annotations

import numpy as np

from verbond.tables import Tables
from verbond.tables.reads import said


def rows(n: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    day = np.datetime64("2024-01-01", "s") + rng.integers(0, 90, n) * np.timedelta64(1, "D")
    return {
        "message_id": np.array([f"m{j}" for j in range(n)], dtype=object),
        "speaker": rng.choice(np.array(["company", "employee", "customer"], dtype=object), n),
        "text": rng.choice(
            np.array(["Buy now", " Buy now ", "We care", "Too dear", "", None], dtype=object), n
        ),
        "channel": rng.choice(np.array(["mail", None], dtype=object), n),
        "customer_id": rng.choice(np.array(["a", "b", "c", None], dtype=object), n),
        "occurred_at": day,
        "image": rng.choice(np.array(["a dog.png", None], dtype=object), n),
    }


def test_the_company_says_the_same_once_a_month_and_people_each_time() -> None:
    given = rows()
    with Tables.from_columns({"messages": given}) as tables:
        found = said(tables)
    whole: dict[tuple, set] = {}
    n_people = 0
    for j, text in enumerate(given["text"]):
        if not (text or "").strip():
            continue
        if given["speaker"][j] != "company":
            n_people += 1
            continue
        key = (text.strip(), given["channel"][j] or "", str(given["occurred_at"][j])[:7])
        whole.setdefault(key, set()).update({given["customer_id"][j]} - {None})
    ours = found.speaker == "company"
    assert (int(ours.sum()), int((~ours).sum())) == (len(whole), n_people)
    reached = {
        (text, channel, str(day)[:7]): int(n)
        for text, channel, day, n in zip(
            found.text[ours], found.channel[ours], found.day[ours], found.n_customers[ours], strict=True
        )
    }
    assert reached == {key: len(them) for key, them in whole.items()}
    assert found.n_images == sum(one is not None for one in given["image"])
    without = [
        not (t or "").strip() and i is not None for t, i in zip(given["text"], given["image"], strict=True)
    ]
    assert found.n_without_words == sum(without)


def test_a_lot_draws_the_same_each_time_whatever_the_order() -> None:
    given = rows()
    turned = {name: values[::-1] for name, values in given.items()}
    with Tables.from_columns({"messages": given}) as one, Tables.from_columns({"messages": turned}) as other:
        few, again = said(one, most=5), said(other, most=5)
    assert few.message_id.tolist() == again.message_id.tolist()
    assert len(few) == 15
    assert few.n_said["customer"] == sum(
        bool((t or "").strip()) and s == "customer"
        for t, s in zip(given["text"], given["speaker"], strict=True)
    )


def test_without_messages_there_is_nothing() -> None:
    with Tables.from_columns({"customers": {"customer_id": ["a"]}}) as tables:
        assert said(tables) is None
