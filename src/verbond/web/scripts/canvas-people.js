// Who is there, where they are, and who is done; and saying so of oneself.
export function mount({ line, present, t, el, announce, notice, share }) {
  const place = document.getElementById("people");
  const done = el("button", { class: "done", type: "button", "aria-pressed": "false", onclick: turn }, el("span", { class: "done__tick", "aria-hidden": "true" }), t("done"));
  const counted = el("span", { class: "people__count" });
  const button = el("button", { class: "people__button", type: "button" }, counted);
  place.append(done, button);
  const list = el("ul", { class: "people" });
  const panel = share.panel(button, t("people"), el("h2", { class: "panel__title" }, t("people")), list);
  let followed = "";

  const me = () => line.people.find((one) => one.code === line.me.code);
  const isDone = (one) => one.done === line.settled.phase;

  function turn() {
    const on = done.getAttribute("aria-pressed") !== "true";
    done.setAttribute("aria-pressed", String(on));
    line.signal("done", on ? line.settled.phase : "");
  }

  function show() {
    const here = line.people.filter((one) => one.here);
    const n = here.filter(isDone).length;
    counted.replaceChildren(el("span", {}, t("here", { n: here.length })), n ? el("span", { class: "people__done" }, t("done_of", { n })) : "");
    done.setAttribute("aria-pressed", String(Boolean(me() && isDone(me()))));
    if (panel.matches(":popover-open")) fill();
  }

  // Leads first, then who is here, then who is not.
  function fill() {
    const rank = (one) => (one.leads ? 0 : one.here ? 1 : 2);
    const sorted = [...line.people].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
    const rows = new Map([...list.children].map((row) => [row.dataset.code, row]));
    sorted.forEach((one, at) => {
      const row = rows.get(one.code) ?? person(one);
      rows.delete(one.code);
      row.say(one);
      if (list.children[at] !== row) list.insertBefore(row, list.children[at] ?? null);
    });
    for (const gone of rows.values()) gone.remove();
  }

  function person(first) {
    const about = el("span", { class: "person__about" });
    const called = el("span", { class: "person__name" });
    const follow = first.code === line.me.code ? null : el("button", { class: "tool tool--words", type: "button", "aria-pressed": "false", onclick: () => pursue(first.code) }, t("follow"));
    const row = el("li", { class: "person-row", "data-code": first.code }, el("span", { class: "person__words" }, called, about), follow);
    row.say = (one) => {
      const known = JSON.stringify([one, line.settled.phase, followed]);
      if (row.known === known) return;
      row.known = known;
      called.textContent = one.code === line.me.code ? t("you", { name: one.name }) : one.name;
      const facts = [one.leads && t("facilitator"), one.department, !one.here && t("away"), one.here && one.at && t("at", { field: t(`field_${one.at}`) }), one.here && isDone(one) && t("is_done")];
      about.textContent = facts.filter(Boolean).join(" · ");
      row.classList.toggle("is-away", !one.here);
      if (!follow) return;
      follow.hidden = !one.leads;
      follow.setAttribute("aria-pressed", String(followed === one.code));
      follow.setAttribute("aria-label", t("follow_who", { name: one.name }));
    };
    return row;
  }

  panel.addEventListener("beforetoggle", ({ newState }) => newState === "open" && fill());

  // --- following: the field that a facilitator looks at comes before one's own eyes

  // What stays until one answers it lies above the canvas, also while that is rolled down.
  function hang(kind, words, ...buttons) {
    document.querySelector(`.ribbon--${kind}`)?.remove();
    const made = el("section", { class: `ribbon ribbon--${kind}`, "aria-label": t("ribbon") }, el("p", {}, words), ...buttons.map(([label, does]) => el("button", { class: "tool tool--words", type: "button", onclick: does }, label)));
    document.getElementById("hand").parentElement.prepend(made);
    return made;
  }
  let ribbon;
  let last = "";

  function pursue(code) {
    followed = followed === code ? "" : code;
    last = "";
    ribbon?.remove();
    if (followed) {
      ribbon = hang("follow", t("following", { name: line.name(followed) }), [t("follow_stop"), () => pursue(followed)]);
    }
    chase();
    show();
  }

  function chase() {
    const at = line.people.find((one) => one.code === followed)?.at;
    if (!at || at === last || share.isBusy()) return;
    last = at;
    share.goTo(at);
  }

  // --- where one is oneself: the field that one looks at, and not where a thing has nobody's name on it

  let at = "";
  let soon;
  function look({ target }) {
    const name = target.closest?.("[data-field]")?.dataset.field;
    if (!name || present) return;
    document.querySelector(`.ribbon--summons[data-to="${name}"]`)?.remove(); // she came
    const seen = line.settled.anonymous.includes(name) && !line.me.leads ? "" : name;
    if (seen === at) return;
    at = seen;
    clearTimeout(soon);
    soon = setTimeout(() => line.signal("at", at), 300);
  }
  const board = document.getElementById("board");
  board.addEventListener("focusin", look);
  board.addEventListener("pointerdown", look);

  // --- a summons

  function summoned({ by, value }) {
    if (by === line.me.code || !value) return;
    const words = t("summoned", { name: line.name(by), field: t(`field_${value}`) });
    document.querySelector(".ribbon--summons")?.remove();
    if (!share.isBusy()) {
      share.goTo(value);
      return notice(words);
    }
    announce(words);
    const made = hang("summons", words, [t("go_there"), () => (made.remove(), share.goTo(value, { focus: true }))], [t("close"), () => made.remove()]);
    made.dataset.to = value;
  }

  // --- who leads may change: the page is then another one

  function told() {
    const now = me()?.leads;
    if (now === undefined || now === line.me.leads || present || document.querySelector(".ribbon--leads")) return;
    const words = t(now ? "leads_now" : "leads_no_more");
    announce(words);
    hang("leads", words, [t("reload"), () => location.reload()]);
  }

  line.on((change) => {
    if (change.what === "people") {
      told();
      show();
      chase();
    }
    if (change.what === "settled" || change.what === "whole") show();
    if (change.what === "summon") summoned(change);
    if (change.what === "line" && line.state === "online" && at) line.signal("at", at); // it was forgotten meanwhile
  });
  show();
}
