"""A community: who comes in, what she brings, what she is answered, and what becomes of it in the tables."""

from __future__ import annotations

import datetime as dt
import email
from email.policy import default
from typing import ClassVar

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from verbond.web.community import flowing, forgetting, ideas, members, sending
from verbond.web.community.demo import found_community
from verbond.web.community.letters import answer_to, invitation_to
from verbond.web.diagnosing import archive_of
from verbond.web.listening import reaching
from verbond.web.listening.invitees import Candidate
from verbond.web.people import limits
from verbond.web.store.models import Community, CommunityMember, Idea, Import, Job, Mailbox, Organisation

PAGE = "/o/acme/community/"


@pytest.fixture
def community(cast) -> Community:
    return Community.objects.create(
        organisation=cast.acme, name="Think along", company="Acme", intro="What would you do?", language="en"
    )


def member(community: Community, name: str = "Els", **given) -> CommunityMember:
    customer = given.pop("customer", f"p-{name}")
    members.add(community, [Candidate(f"{name.lower()}@example.org", name, customer=customer)])
    one = community.members.get(email=f"{name.lower()}@example.org")
    CommunityMember.objects.filter(pk=one.pk).update(**given)
    one.refresh_from_db()
    return one


def link(one: CommunityMember) -> str:
    return members.link_of(one, "")


def bring(one: CommunityMember, text: str = "Open earlier", **more):
    return Client().post(link(one), {"text": text, "go": "idea", **more})


# who comes in


def test_the_link_is_enough_and_belongs_to_one_community_alone(community, cast) -> None:
    els = member(community)
    other = Community.objects.create(organisation=cast.globex, name="Other", company="Globex")
    assert Client().get(link(els)).status_code == 200
    assert Client().get(f"/m/{other.address}/{members.token_of(els)}/").status_code == 404
    assert Client().get(f"/m/{community.address}/{'x' * 43}/").status_code == 404
    assert members.token_of(els) not in str(vars(els)), "the token itself is kept nowhere"


def test_the_page_says_nothing_of_where_it_leads_and_lets_no_script_in(community) -> None:
    els = member(community)
    bring(els, "<script>alert(1)</script>")
    answer = Client().get(link(els))
    page = answer.content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"].startswith("max-age=0") or "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "/o/acme/" not in page


def test_guessing_is_counted_and_where_it_cannot_be_counted_nothing_is_let_through(
    community, monkeypatch
) -> None:
    for _ in range(30):
        assert Client().get(f"/m/{community.address}/wrong/").status_code == 404
    assert Client().get(f"/m/{community.address}/wrong/").status_code == 429

    def broken(*_):
        raise DatabaseError

    els = member(community)
    monkeypatch.setattr(limits, "_count", broken)
    assert bring(els).status_code == 429
    assert not Idea.objects.exists()


def test_whoever_declined_is_not_put_on_the_list(community, cast) -> None:
    reaching.decline(cast.acme.pk, "els@example.org")
    given = [
        Candidate("els@example.org"),
        Candidate("bo@example.org"),
        Candidate("BO@example.org "),
        Candidate("no"),
    ]
    assert members.add(community, given) == 1
    assert [one.email for one in community.members.all()] == ["bo@example.org"]


def test_only_customers_with_consent_are_proposed(community, cast, monkeypatch) -> None:
    """The list is held to consent twice: by the plan, and by the addresses that may be used."""
    from verbond.web.community import inviting
    from verbond.web.community.inviting import Proposed

    asked = []

    def proposed(organisation, n):
        asked.append((organisation, n))
        return Proposed((Candidate("bo@example.org", "Bo", customer="p1"),), {"p1": ("high",)}, 7, True)

    monkeypatch.setattr("verbond.web.views.community.proposed_for", proposed)
    page = cast.client("fay").post(f"{PAGE}members/", {"n": 25}).content.decode()
    assert asked == [(cast.acme, 25)]
    assert "bo@example.org" in page
    assert community.members.get().why == ["high"]
    assert inviting.FEWEST >= 5


# ideas and answers


def test_an_idea_is_kept_answered_and_told(community, cast) -> None:
    els = member(community)
    answer = bring(els, "  Open earlier  ", is_shown="on")
    assert (answer.status_code, answer["Location"]) == (302, f"{link(els)}?said=idea")
    idea = Idea.objects.get()
    assert (idea.text, idea.outcome, idea.is_shown) == ("Open earlier", "new", True)
    fay = cast.client("fay")
    assert "Open earlier" in fay.get(PAGE).content.decode()
    unsaid = fay.post(f"{PAGE}ideas/{idea.pk}/", {"outcome": "not", "answer": " "})
    assert unsaid.status_code == 422, "nobody is refused without words"
    assert fay.post(f"{PAGE}ideas/{idea.pk}/", {"outcome": "doing", "answer": "From May."}).status_code == 302
    idea.refresh_from_db()
    assert (idea.outcome, idea.answer, idea.answered_by.name, idea.letter) == (
        "doing",
        "From May.",
        "Fay",
        "waiting",
    )
    assert "From May." in Client().get(link(els)).content.decode()


def test_nobody_sees_a_name_or_an_idea_whose_writer_did_not_agree(community) -> None:
    els, bo = member(community, "Els"), member(community, "Bo")
    bring(els, "Mine alone")
    bring(els, "For all", is_shown="on")
    page = Client().get(link(bo)).content.decode()
    assert "For all" in page
    assert "Mine alone" not in page
    assert "Els" not in page
    assert "els@" not in page
    Client().post(link(els), {"go": "name", "shows_name": "on"})
    assert "Els" in Client().get(link(bo)).content.decode()
    Client().post(link(els), {"go": "name"})
    assert "Els" not in Client().get(link(bo)).content.decode()


def test_one_takes_back_ones_own_idea_and_nobody_elses(community) -> None:
    els, bo = member(community, "Els"), member(community, "Bo")
    bring(els, "Mine", is_shown="on")
    idea = Idea.objects.get()
    assert Client().post(link(bo), {"go": "back", "idea": idea.pk}).status_code == 404
    assert Client().post(link(els), {"go": "back", "idea": "9" * 40}).status_code == 404
    assert Client().post(link(els), {"go": "back", "idea": idea.pk}).status_code == 302
    assert not Idea.objects.exists()


def test_ten_ideas_a_day_and_none_when_it_is_closed(community) -> None:
    els = member(community)
    statuses = [bring(els, f"Idea {n}").status_code for n in range(11)]
    assert statuses == [302] * 10 + [429]
    Community.objects.update(is_open=False)
    bo = member(community, "Bo")
    assert bring(bo).status_code == 409
    assert Client().get(link(bo)).status_code == 200
    assert Idea.objects.count() == 10


def test_an_empty_or_endless_idea_is_not_taken(community) -> None:
    els = member(community)
    assert bring(els, "   ").status_code == 422
    assert bring(els, "x" * (ideas.LONGEST + 1)).status_code == 422
    assert not Idea.objects.exists()


def test_to_look_at_the_refusal_changes_nothing_and_to_post_it_ends_all_letters(community, cast) -> None:
    els = member(community, letter="waiting")
    assert Client().get(link(els) + "refusal/").status_code == 200
    els.refresh_from_db()
    assert not els.declined
    assert Client().post(link(els) + "refusal/", {"List-Unsubscribe": "One-Click"}).status_code == 200
    els.refresh_from_db()
    assert (els.declined, els.letter) == (True, "none")
    assert reaching.reached_hash(cast.acme.pk, els.email) in reaching.declined(cast.acme.pk)
    ideas.answer(
        Idea.objects.create(community=community, member=els, text="x"), "y", "done", by=cast.people["fay"]
    )
    assert Idea.objects.get().letter == "none"


# letters


@pytest.fixture
def box(cast) -> Mailbox:
    quiet = {"from": 0, "until": 0, "days": []}
    return Mailbox.objects.create(
        organisation=cast.acme, host="127.0.0.1", sender="hello@acme.example", settings={"quiet": quiet}
    )


def test_no_name_or_text_writes_a_header(community, box) -> None:
    wicked = "Els\r\nBcc: all@example.org"
    els = member(community, name=wicked[:3])
    els.name = wicked
    community.company, community.contact = "Acme\nX: y", "a@b.nl\r\nBcc: c@d.nl"
    els.community = community
    idea = Idea(community=community, member=els, text="a\r\n.\r\nBcc: x@y.nl", answer="b", outcome="done")
    for letter in (
        invitation_to(els, box, base="https://v.example"),
        answer_to(idea, box, base="https://v.example"),
    ):
        read = email.message_from_bytes(letter.as_bytes(), policy=default)
        assert "Bcc" not in read
        assert "X" not in read
        assert read["To"].addresses[0].addr_spec == "els@example.org"
        assert read["List-Unsubscribe"] == f"<{members.refusal_link_of(els, 'https://v.example')}>"
        assert "Reply-To" not in read
        assert members.link_of(els, "https://v.example") in read.get_content()


class Server:
    """Takes letters in the place of a mail server, or says something else."""

    taken: ClassVar[list] = []
    fate = "sent"

    def __init__(self, box) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def ready(self) -> None:
        pass

    def send(self, letter, to):
        from verbond.web.listening.mail import Outcome

        type(self).taken.append((to, letter["Subject"]))
        return Outcome(type(self).fate, 250, "ok")


@pytest.fixture
def server(monkeypatch) -> type[Server]:
    monkeypatch.setattr(Server, "taken", [])
    monkeypatch.setattr(Server, "fate", "sent")
    monkeypatch.setattr(sending, "Post", Server)
    return Server


def send(organisation) -> None:
    sending.send_due(Job(kind="community_letters", organisation=organisation), lambda _: None)


def test_an_invitation_goes_once_and_an_answer_once(community, box, server, cast) -> None:
    els = member(community)
    assert sending.invite(community, base="https://v.example") == 1
    assert sending.invite(community, base="https://v.example") == 0
    assert sending.enqueue_due() == 1
    send(cast.acme)
    send(cast.acme)
    bring(els)
    ideas.answer(Idea.objects.select_related("member").get(), "Yes.", "doing", by=cast.people["fay"])
    send(cast.acme)
    send(cast.acme)
    assert [to for to, _ in server.taken] == ["els@example.org"] * 2
    els.refresh_from_db()
    assert (els.letter, Idea.objects.get().letter) == ("sent", "sent")


@pytest.mark.parametrize(
    ("fate", "letter"), [("doubt", "sending"), ("bounced", "failed"), ("later", "waiting")]
)
def test_what_becomes_of_a_letter(fate, letter, community, box, server, cast) -> None:
    els = member(community)
    server.fate = fate
    sending.invite(community, base="https://v.example")
    send(cast.acme)
    send(cast.acme)
    els.refresh_from_db()
    assert els.letter == letter
    assert len(server.taken) == 1, "not twice, and not again at once"


@pytest.mark.parametrize("fate", ["doubt", "bounced"])
def test_a_letter_that_did_not_arrive_goes_again_when_asked(fate, community, box, server, cast) -> None:
    els, fay = member(community), cast.client("fay")
    server.fate = fate
    sending.invite(community, base="https://v.example")
    send(cast.acme)
    again = f"{PAGE}members/{els.pk}/letter/"
    assert again in fay.get(PAGE + "members/").content.decode()
    server.fate = "sent"
    fay.post(again)
    send(cast.acme)
    fay.post(again)  # it arrived: no third one
    send(cast.acme)
    els.refresh_from_db()
    assert (els.letter, len(server.taken)) == ("sent", 2)
    assert again not in fay.get(PAGE + "members/").content.decode()
    # and so with an answer, until she declines
    bring(els)
    ideas.answer(Idea.objects.select_related("member").get(), "Yes.", "doing", by=cast.people["fay"])
    one = Idea.objects.get()
    Idea.objects.update(letter="failed")
    fay.post(f"{PAGE}ideas/{one.pk}/letter/")
    assert Idea.objects.get().letter == "waiting"
    members.decline(els)
    Idea.objects.update(letter="failed")
    fay.post(f"{PAGE}ideas/{one.pk}/letter/")
    assert Idea.objects.get().letter == "failed"


def test_nothing_goes_in_quiet_hours_or_to_who_declined_meanwhile(community, box, server, cast) -> None:
    member(community)
    sending.invite(community, base="https://v.example")
    Mailbox.objects.update(settings={"quiet": {"from": 0, "until": 0, "days": [1, 2, 3, 4, 5, 6, 7]}})
    assert sending.enqueue_due() == 0
    send(cast.acme)
    Mailbox.objects.update(settings=box.settings)
    reaching.decline(cast.acme.pk, "els@example.org")
    send(cast.acme)
    assert server.taken == []


def test_an_answer_taken_back_is_no_answer(community, cast) -> None:
    bring(member(community))
    ideas.answer(Idea.objects.select_related("member").get(), "Yes.", "doing", by=cast.people["fay"])
    assert Idea.objects.get().answered_at is not None
    ideas.answer(Idea.objects.select_related("member").get(), " ", "new", by=cast.people["fay"])
    found = Idea.objects.get()
    assert (found.answer, found.answered_at, found.answered_by) == ("", None, None)


# the tables


def flow(community: Community) -> None:
    flowing.flow_ideas(
        Job(kind="ideas", organisation=community.organisation, subject=str(community.pk)), lambda _: None
    )


def test_each_idea_is_one_contribution_of_that_customer(community, cast) -> None:
    archive = archive_of(cast.acme)
    els = member(community, "Els", customer=archive.pseudonym("K-1"))
    bo = member(community, "Bo", customer=archive.pseudonym("K-2"))
    for one, text in ((els, "a"), (els, "b"), (bo, "c")):
        bring(one, text)
    assert flowing.enqueue_due() == 1
    flow(community)
    flow(community)
    with archive.open() as tables:
        rows = tables.fetch("events", ["customer_id", "kind", "channel"])
    assert sorted(rows["customer_id"]) == sorted([els.customer, els.customer, bo.customer])
    assert set(rows["kind"]) == {"contribution"}
    assert set(rows["channel"]) == {"community"}
    brought = f"/o/acme/data/{Import.objects.get().pk}/"
    assert cast.client("ann").get(brought)["Location"].endswith("/community/")
    assert cast.client("ann").post(f"{brought}removal/").status_code == 404
    assert not Community.objects.get().flow.get("pending")
    ideas.take_back(bo.ideas.select_related("community").get())
    flow(community)
    with archive.open() as tables:
        assert set(tables.fetch("events", ["customer_id"])["customer_id"]) == {els.customer}


def test_the_last_idea_taken_back_leaves_nothing_in_the_tables(community, cast) -> None:
    els = member(community, customer=archive_of(cast.acme).pseudonym("K-1"))
    bring(els)
    flow(community)
    ideas.take_back(Idea.objects.select_related("community").get())
    flow(community)
    assert not archive_of(cast.acme).imports()
    assert not Import.objects.exists()


# one person, and what is too old


def test_what_is_kept_of_one_person_is_handed_over_and_erased(community, cast) -> None:
    els, bo = member(community, "Els"), member(community, "Bo")
    bring(els, "Mine")
    bring(bo, "Hers")
    kept = forgetting.kept_of(cast.acme, ["ELS@example.org "], [])
    assert [one["ideas"][0]["text"] for one in kept] == ["Mine"]
    assert forgetting.kept_of(cast.globex, ["els@example.org"], [els.customer]) == []
    assert forgetting.erase(cast.acme, [], [els.customer]) == 2
    assert [one.text for one in Idea.objects.all()] == ["Hers"]
    assert Community.objects.get().flow["pending"]


def test_old_ideas_go_and_later_ones_stay(community, cast) -> None:
    els = member(community)
    bring(els, "Old")
    bring(els, "New")
    long_ago = timezone.now() - dt.timedelta(days=400)
    Idea.objects.filter(text="Old").update(made_at=long_ago)
    before = timezone.now() - dt.timedelta(days=200)
    assert forgetting.expired(cast.acme, before).count() == 1
    assert forgetting.forget_expired(cast.acme, before) == 1
    assert [one.text for one in Idea.objects.all()] == ["New"]


# pages of who leads it


def test_it_is_made_changed_closed_and_removed(cast) -> None:
    fay, alice = cast.client("fay"), cast.client("alice")
    form = {"name": "Ours", "company": "Acme", "intro": "?", "language": "en", "contact": ""}
    assert fay.post(PAGE, {**form, "name": "a\nb"}).status_code == 422
    assert fay.post(PAGE, form)["Location"] == f"{PAGE}members/"
    assert fay.post(f"{PAGE}settings/", {**form, "intro": "New"}).status_code == 302
    fay.post(f"{PAGE}opening/", {"go": "close"})
    one = Community.objects.get()
    assert (one.intro, one.is_open) == ("New", False)
    assert fay.post(f"{PAGE}removal/", {"typed": "Ours"}).status_code == 404, "an owner does that"
    assert alice.post(f"{PAGE}removal/", {"typed": "ours"}).status_code == 422
    assert alice.post(f"{PAGE}removal/", {"typed": "Ours"}).status_code == 302
    assert not Community.objects.exists()


def test_the_file_of_links_is_safe_in_a_spreadsheet_and_counts_as_asked(community, cast) -> None:
    els = member(community, "Els")
    CommunityMember.objects.update(name="=cmd()")
    answer = cast.client("fay").post(f"{PAGE}members/file.csv")
    text = answer.content.decode("utf-8-sig")
    assert members.token_of(els) in text
    assert ",=cmd()" not in text
    els.refresh_from_db()
    assert els.asked_at is not None
    assert cast.client("fay").post(f"{PAGE}members/file.csv").status_code == 422


def test_the_demo_company_has_a_small_community(cast) -> None:
    Organisation.objects.filter(pk=cast.acme.pk).update(kind="demo")
    cast.acme.refresh_from_db()
    for language in ("en", "nl"):
        Community.objects.all().delete()
        made = found_community(cast.acme, cast.people["alice"], language)
        assert made.ideas.count() >= 4
        assert {one.outcome for one in made.ideas.all()} == {"new", "doing", "done", "not"}
        assert not made.flow, "nothing of it goes into the simulated tables"
        page = cast.client("fay").get(f"{PAGE}members/").content.decode()
        found = Client().get("/m/" + page.split(chr(34) + "/m/")[1].split(chr(34))[0])
        assert found.status_code == 200
    assert found_community(cast.acme, cast.people["alice"], "nl").pk == made.pk
