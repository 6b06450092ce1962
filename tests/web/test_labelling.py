"""People label messages one by one, the rater learns from it, and what was said stays as it was said."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from verbond.expressions import RELATIONSHIPS, Promise
from verbond.expressions.teaching.lesson import Material
from verbond.web.expressions.auditing import hash_of
from verbond.web.jobs import work
from verbond.web.labelling import asking, showing, teaching
from verbond.web.store.models import CompanyPromise, ExpressionAudit, Job, Label

pytestmark = pytest.mark.django_db(transaction=True)

AT = "/o/acme/expressions/labelling/"
SURE = "/o/acme/expressions/sureness/"
KINDS = RELATIONSHIPS


def judged(n: int) -> dict:
    p = dict(zip(KINDS, [0.6, 0.1, 0.1, 0.1, 0.1], strict=True))
    return {
        "verdict": "check", "conflict": (n % 10) / 10, "language": "en", "relationship": p, "nearest": None,
        "reason": {"code": "expressions.nothing_against", "values": {}}, "words": [],
        "values": {"power": 0.4},
    }  # fmt: skip


@pytest.fixture
def audited(cast) -> ExpressionAudit:
    promise = CompanyPromise.objects.create(
        organisation=cast.acme, number=1, text="We call you back", language="en"
    )
    texts = [f"Message number {n} of our shop to you." for n in range(30)]
    return ExpressionAudit.objects.create(
        organisation=cast.acme, name="a", promise=promise, state="done", n_messages=30, made_by=None,
        messages=[{"text": one} for one in texts],
        outcome={"messages": [judged(n) for n in range(30)], "rater": "r 1", "counts": {}, "reasons": []},
    )  # fmt: skip


def begun(client):
    assert client.post(f"{AT}beginning/").status_code == 302
    return client.get(AT).content.decode()


def say(client, at: int, status: int = 302, **given):
    answer = client.post(AT, {"message": str(at), "go": "keep", **given})
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer


def test_one_message_after_another(cast, audited) -> None:
    bob = cast.client("bob")
    assert "30 messages have no label" in bob.get(AT).content.decode()
    assert "Message 1 of 20" in begun(bob)
    assert "Choose a relationship" in say(bob, 0, 422).content.decode()
    say(bob, 0, relationship="meaning", values=["power", "security"], verdict="fits", why="Warm words")
    assert "Message 2 of 20" in bob.get(AT).content.decode()
    say(bob, 1, go="skip")
    say(bob, 1, relationship="market")  # from a window that was left open: it is said of another message
    say(bob, 2, relationship="none")
    first, second = Label.objects.order_by("made_at")
    assert (first.relationship, first.values, first.verdict, first.why) == (
        "meaning", ["power", "security"], "fits", "Warm words"
    )  # fmt: skip
    assert (first.kind, first.made_by.name, first.promise.text) == ("queue", "Bob", "We call you back")
    assert first.text_hash == hash_of(first.text)
    assert first.detail["relationship"]["market"] == 0.6
    assert (second.relationship, second.values, second.verdict, second.promise) == ("none", [], "", None)
    promise = teaching.promise_with_labels(Promise("We call you back"), cast.acme)
    assert (promise.keeps, promise.breaks) == ((first.text,), ())
    assert teaching.promise_with_labels(Promise("Else"), cast.acme).keeps == ()
    with pytest.raises(TypeError):
        first.save()
    with pytest.raises(TypeError):
        Label.objects.all().delete()
    assert asking.n_candidates(cast.acme) == 28


def test_some_are_given_to_a_second_person(cast, audited) -> None:
    bob, fay = cast.client("bob"), cast.client("fay")
    begun(bob)
    for at in range(20):
        say(bob, at, relationship=KINDS[at % 5])
    twice = {one.text_hash for one in Label.objects.all() if one.detail["twice"]}
    assert len(twice) == 4
    assert "Thank you: you labelled 20 messages" in bob.get(AT).content.decode()
    begun(fay)
    for at in range(4):
        say(fay, at, relationship="market")
    both = Label.objects.filter(made_by=cast.people["fay"])
    assert {one.text_hash for one in both} == twice
    (_, found), _ = showing.agreements(cast.acme)
    assert found.alpha.n_obs == 4
    assert "With 6 more" in fay.get(SURE).content.decode()


def test_how_sure_we_are_counts_what_was_said_before(cast, audited) -> None:
    bob = cast.client("bob")
    assert "Nobody has labelled" in bob.get(SURE).content.decode()
    for n in range(60):
        Label.objects.create(
            organisation=cast.acme, text_hash=f"{n}", text="x", kind="queue", made_by=cast.people["bob"],
            relationship="market" if n % 2 else "none", values=[],
            detail={"share": "random" if n < 40 else "differs", "relationship": judged(0)["relationship"]},
        )  # fmt: skip
    kinds, verdicts = showing.curves(cast.acme, "en")
    assert (kinds.found.n, kinds.found.share_right, kinds.found.error) == (40, 0.5, pytest.approx(0.1))
    assert verdicts.found.n == 0
    page = bob.get(SURE).content.decode()
    assert "Labels so far: 60" in page
    assert "<svg" in page
    assert "Learn from these labels" not in page
    assert "Learn from these labels" in cast.client("ann").get(SURE).content.decode()


class Words:
    """Vectors of a few words."""

    name = "made-up"

    def encode(self, texts):
        rows = [[1.0 if word in text else 0.1 for word in ("price", "rules", "care")] for text in texts]
        return np.array(rows, np.float32).reshape(-1, 3)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoder and a gold set that are made up."""
    from verbond import language
    from verbond.expressions.teaching import lesson, taught

    texts = ["price one", "rules two", "care three"] * 6
    made = Material(
        Words().encode(texts), np.eye(5)[[0, 1, 3] * 6], np.full((18, 10), 0.2), tuple("abcdef" * 3)
    )
    monkeypatch.setattr(lesson, "gold_material", lambda encoder: made)
    for module in (language, taught):
        monkeypatch.setattr(module, "find_encoder", lambda *, thorough=False: Words())


def test_a_job_learns_and_the_rater_uses_it(cast, audited, small) -> None:
    assert teaching.rater_of(cast.acme) is None
    Label.objects.create(
        organisation=cast.acme, text_hash="a", text="A price for you", language="en", kind="queue",
        relationship="meaning", values=["power"], made_by=cast.people["bob"], made_at=timezone.now(),
    )  # fmt: skip
    assert cast.client("bob").post(f"{AT}lesson/").status_code == 404
    assert cast.client("ann").post(f"{AT}lesson/").status_code == 302
    job = Job.objects.get(kind="teaching")
    if job.state != Job.State.DONE:
        work.func(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.why
    rater = teaching.rater_of(cast.acme)
    kinds, _, reasons = rater.rate(["A price for you"], ["en"])
    assert KINDS[kinds[0].argmax()] == "meaning"
    assert reasons[0].code == "expressions_teaching.like_label"
    assert teaching.rater_of(cast.globex) is None
    (file,) = (teaching._folder(cast.acme)).glob("*")
    assert b"price" not in file.read_bytes()
    assert "Learned from what was said of 1 message" in cast.client("bob").get(SURE).content.decode()
    teaching.forget(cast.acme)
    assert Job.objects.filter(kind="teaching").count() == 2, "what was learned is learned anew"
