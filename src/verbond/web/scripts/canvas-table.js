// The table itself: which field a phone shows, how large the canvas is drawn, and taking back what one did.
const SIZES = [50, 67, 80, 90, 100, 110, 125, 150];
const KINDS = { value: "values", resolution: "values", mission: "mission", promise: "promise", step: "steps" };

export function mount({ line, t, el, field, notice, share }) {
  const board = document.getElementById("board");
  const hand = document.getElementById("hand");
  const chips = [...document.querySelectorAll("#fields .fields__one")];
  const phone = matchMedia("(max-width: 43.99rem)");
  const isWriting = () => document.activeElement?.matches("input, textarea, select, [contenteditable]");

  // --- one field at a time

  share.showField = function (name) {
    board.dataset.shown = name;
    for (const section of board.children) section.classList.toggle("is-shown", section.dataset.field === name);
    for (const chip of chips) {
      if (chip.dataset.field === name) chip.setAttribute("aria-current", "true");
      else chip.removeAttribute("aria-current");
    }
    const chip = chips.find((one) => one.dataset.field === name);
    chip.classList.remove("is-fresh");
    if (!phone.matches) return;
    chip.parentElement.scrollTo({ left: chip.offsetLeft - chip.parentElement.clientWidth / 2 + chip.offsetWidth / 2 });
  };
  share.show = function (name, { focus = false } = {}) {
    share.showField(name);
    const { section } = field(name);
    section.scrollIntoView({ block: "nearest" });
    if (focus) section.focus({ preventScroll: true });
  };
  for (const chip of chips) {
    chip.addEventListener("click", (event) => {
      event.preventDefault();
      share.showField(chip.dataset.field);
      field(chip.dataset.field).section.focus({ preventScroll: true });
      window.scrollTo({ top: 0 });
    });
  }
  board.addEventListener("focusin", ({ target }) => {
    const name = target.closest(".board__field")?.dataset.field;
    if (name && name !== board.dataset.shown) share.showField(name);
  });
  const begin = { invite: "identity" }[line.settled.phase] ?? line.settled.phase;
  share.showField(begin);

  // How much lies in each field, and that something new came into one that is not seen.
  let n = {};
  function count() {
    const now = {};
    for (const one of line.all()) {
      const name = KINDS[one.kind] ?? one.values.field;
      if (one.kind !== "resolution") now[name] = (now[name] ?? 0) + 1;
    }
    for (const chip of chips) {
      const name = chip.dataset.field;
      chip.querySelector(".fields__n").textContent = now[name] ?? "";
      if ((now[name] ?? 0) > (n[name] ?? 0) && name !== board.dataset.shown && n.counted) chip.classList.add("is-fresh");
    }
    n = { ...now, counted: true };
  }
  let counting;
  line.on(({ what }) => {
    if (what !== "thing" && what !== "whole") return;
    counting ??= setTimeout(() => ((counting = undefined), count()), 250);
  });
  count();

  // --- what others write in a field that is private: only how many

  function stand() {
    for (const section of board.children) {
      const { state } = field(section.dataset.field);
      const n = line.settled.private.includes(section.dataset.field) && line.n_private[section.dataset.field];
      let said = state.querySelector(".state__others");
      if (!said && n) state.append(" ", (said = el("span", { class: "state__others" })));
      if (said) said.textContent = n ? t("stand_others", { n }) : "";
    }
  }
  line.on(({ what, told }) => (["settled", "whole", "counts"].includes(what) || told) && stand());
  stand();

  // --- how large

  const place = `canvas size ${line.address}`;
  let size = 100;
  const said = el("output", { class: "hand__size", "aria-live": "off" });
  const sized = (to, words) => el("button", { class: "tool hand__zoom", type: "button", "aria-label": t(words), title: t(words), onclick: () => resize(to(SIZES.indexOf(size))) }, words === "smaller" ? "−" : "+");
  function resize(to) {
    size = SIZES[Math.max(0, Math.min(SIZES.length - 1, to))];
    for (const property of ["zoom", "--size"]) board.style.setProperty(property, size / 100);
    said.textContent = t("size", { n: size });
    try {
      localStorage.setItem(place, size);
    } catch {
      // next time it is as it always was
    }
  }
  const undo = el("button", { class: "tool tool--words", type: "button", title: "Ctrl+Z", onclick: takeBack }, el("span", { "aria-hidden": "true" }, "↶"), el("span", { class: "hand__words" }, t("undo")));
  const zoom = el("div", { class: "hand__sizes", role: "group", "aria-label": t("sizes") }, sized((at) => at - 1, "smaller"), said, sized((at) => at + 1, "larger"));
  const cut = el("span", { class: "hand__line", "aria-hidden": "true" }); // the header says it to who listens
  line.on(({ what }) => {
    if (what === "line") cut.textContent = ["offline", "gone"].includes(line.state) ? t(`cut_${line.state}`) : "";
  });
  hand.append(cut, undo, zoom);
  let kept;
  try {
    kept = SIZES.indexOf(Number(localStorage.getItem(place)));
  } catch {
    kept = -1;
  }
  resize(kept < 0 || phone.matches ? SIZES.indexOf(100) : kept);

  // --- taking back

  function takeBack() {
    line.undo();
    if (line.state === "offline") notice(t("undone_later"));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    if (isWriting() || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    takeBack();
  });
  line.on(({ what }) => what === "undone" && notice(t("undone"), 4));
  share.keys ??= [];
  share.keys.push(["Ctrl Z", t("undo")]);
}
