// What everybody does with the page rather than with the canvas: keys, language, guide, leaving; and the view
// for a screen on the wall (`?present=1`), that follows the phase and shows nothing that is one's own.
export function mount({ line, opening, present, t, el, share }) {
  const button = el("button", { class: "tool tool--words", type: "button" }, t("more"));
  document.getElementById("tools").append(button);
  const { links } = opening;
  const act = (label, does) => el("button", { class: "menu-item", type: "button", onclick: () => (panel.hidePopover(), does()) }, label);
  const go = (label, href, apart = true) => href && el("a", { class: "menu-item", href, ...(apart ? { target: "_blank", rel: "noopener" } : {}) }, label);
  const leads = line.me.leads
    ? [
        act(t("agenda"), () => share.agenda()),
        act(t("votes"), () => share.votes()),
        act(t("hidden"), () => share.hidden()),
        go(t("present"), `${line.address}?present=1`),
        go(t("manage"), links.manage, false),
        el("hr", {}),
      ]
    : [];
  const panel = share.panel(
    button,
    t("more"),
    ...leads.filter(Boolean),
    act(t("keys"), keys),
    go(t("guide"), links.guide) ?? "",
    document.getElementById("languages").content.cloneNode(true),
    act(t("leave"), leave),
  );
  panel.classList.add("panel--menu");

  // --- keys

  // Other parts add theirs: share.keys.push([keys, sentence]).
  share.keys ??= [];
  const PLACE = "canvas keys";
  const isOn = () => localStorage.getItem(PLACE) !== "off";

  function keys() {
    const rows = [["?", t("keys_help")], ["Tab", t("keys_tab")], ["Esc", t("keys_escape")], ...share.keys];
    const list = el("dl", { class: "keys" }, rows.map(([key, words]) => el("div", { class: "keys__one" }, el("dt", {}, key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, words))));
    const on = share.toggle(t("keys_on"), (is) => {
      localStorage.setItem(PLACE, is ? "on" : "off");
      on.show(is);
    });
    on.show(isOn());
    share.dialog(t("keys"), [list, on]);
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "?" || event.ctrlKey || event.altKey || event.metaKey || share.isWriting() || !isOn()) return;
    event.preventDefault();
    keys();
  });

  // --- leaving

  function leave() {
    const form = el(
      "form",
      { method: "post", action: `${line.address}departure/` },
      el("input", { type: "hidden", name: "csrfmiddlewaretoken", value: line.csrf }),
      el("button", { class: "button" }, t("leave_yes")),
    );
    share.dialog(t("leave"), [el("p", {}, t("leave_how"))], form);
  }

  // --- on the wall

  if (!present) return;
  document.body.classList.add("workshop--present");
  document.querySelector(".skip-link").remove();
  for (const part of ["phases", "people", "tools", "hand"]) document.getElementById(part).inert = true;
  const board = document.getElementById("board");
  const code = new DOMParser().parseFromString(opening.door.code, "image/svg+xml").documentElement;
  code.setAttribute("aria-hidden", "true");
  const door = el("div", { class: "present__door" }, code, el("p", {}, t("present_door"), " ", el("b", {}, opening.door.said)));
  const counts = new Map();
  board.before(door);
  for (const one of board.querySelectorAll("section[data-field]")) {
    const count = el("p", { class: "present__count" });
    counts.set(one.dataset.field, count);
    one.append(count);
  }
  function show() {
    const { phase } = line.settled;
    door.hidden = phase !== "invite";
    board.dataset.phase = phase;
    for (const [name, count] of counts) {
      const own = line.all((one) => share.fieldOf(one) === name).length; // what is seen of a private field
      count.textContent = line.settled.private.includes(name) ? t("present_private", { n: (line.n_private[name] ?? 0) + own }) : "";
    }
  }
  let soon;
  line.on(({ what }) => {
    if (["settled", "whole", "counts", "thing"].includes(what)) soon ??= setTimeout(() => ((soon = undefined), show()), 100);
  });
  show();
}
