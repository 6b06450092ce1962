// The phases of the workshop: where everybody is, and, for who leads, going on, going back and the agenda.
export function mount({ line, opening, present, t, el, announce, notice, share }) {
  const place = document.getElementById("phases");
  const list = el("ol", { class: line.me.leads ? "phases phases--lead" : "phases" });
  place.append(list);
  let drawn = "";
  let known = line.settled.phase;

  const name = (phase) => (phase === "invite" ? t("phase_invite") : t(`field_${phase}`));
  share.phaseName = name;

  function show() {
    const { agenda, phase } = line.settled;
    const state = JSON.stringify([agenda, phase]);
    if (state === drawn) return;
    drawn = state;
    const steps = agenda.some((one) => one.phase === phase) ? agenda : [{ phase, minutes: 0 }, ...agenda];
    const now = steps.findIndex((one) => one.phase === phase);
    const held = list.contains(document.activeElement) ? document.activeElement.dataset.phase : undefined;
    list.replaceChildren(...steps.map((one, at) => step(one, at - now)));
    list.querySelector(`[data-phase="${held}"]`)?.focus();
    const current = list.children[now];
    list.scrollTo({ left: current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2 });
    for (const section of document.querySelectorAll("[data-field]")) section.classList.toggle("is-now", section.dataset.field === phase);
  }

  function step({ phase, minutes }, ahead) {
    const inside = [el("span", { class: "phase__name" }, name(phase)), minutes ? el("span", { class: "phase__minutes" }, t("minutes", { n: minutes })) : null];
    const current = ahead === 0 ? { "aria-current": "step" } : {};
    const kind = `phase ${ahead < 0 ? "phase--past" : ""}`;
    const does = { type: "button", class: kind, "data-phase": phase, onclick: () => press(phase), title: line.me.leads ? t("phase_lead") : undefined };
    return el("li", { class: "phases__one" }, el("button", { ...does, ...current }, ...inside));
  }

  function press(phase) {
    if (line.me.leads && phase !== line.settled.phase) line.do("phase", phase);
    else if (phase !== "invite") share.goTo(phase, { focus: true });
  }

  // Everybody hears that another phase began; who is not in the middle of something is brought there.
  function moved() {
    const { phase } = line.settled;
    if (phase === known) return;
    known = phase;
    const tell = line.me.leads || present ? announce : notice; // others would not see why the canvas moved
    tell(t("phase_now", { phase: name(phase) }));
    if (phase !== "invite" && !share.isBusy()) share.goTo(phase);
  }

  line.on(({ what }) => {
    if (what !== "settled" && what !== "whole") return;
    show();
    moved();
  });
  show();

  // --- the agenda, for who leads

  const ORDER = ["invite", "identity", "image", "values", "mission", "promise", "steps"];

  share.agenda = function () {
    const rows = el("ol", { class: "agenda" });
    lay(line.settled.agenda);
    const keep = el("button", { class: "button", type: "button", onclick: save }, t("keep"));
    const wrong = el("p", { class: "wrong", role: "alert" });
    const dialog = share.dialog(t("agenda"), [el("p", {}, t("agenda_how")), ready(), rows, wrong], keep);
    dialog.classList.add("dialog--wide");

    function ready() {
      const made = opening.agendas.map(({ name: called, items }) => el("button", { class: "button button--second", type: "button", onclick: () => lay(items) }, called));
      return el("div", { class: "agenda__ready", role: "group", "aria-label": t("agenda_ready") }, ...made);
    }

    function lay(items) {
      const left = ORDER.filter((phase) => !items.some((one) => one.phase === phase));
      const all = [...items.map((one) => ({ ...one, on: true })), ...left.map((phase) => ({ phase, minutes: 0, on: false }))];
      rows.replaceChildren(...all.map(row));
    }

    function row({ phase, minutes, on }) {
      const called = name(phase);
      const made = el(
        "li",
        { class: "agenda__row", "data-phase": phase },
        el("label", { class: "agenda__phase" }, el("input", { type: "checkbox", checked: on }), el("span", {}, called)),
        el("label", { class: "agenda__minutes" }, el("input", { type: "number", min: 0, max: 100000, value: minutes, "aria-label": t("agenda_minutes", { phase: called }) }), ` ${t("min")}`),
        el("button", { class: "tool", type: "button", "aria-label": t("agenda_up", { phase: called }), onclick: (event) => move(event, -1) }, "↑"),
        el("button", { class: "tool", type: "button", "aria-label": t("agenda_down", { phase: called }), onclick: (event) => move(event, 1) }, "↓"),
      );
      function move({ currentTarget }, by) {
        const other = by < 0 ? made.previousElementSibling : made.nextElementSibling;
        if (other) by < 0 ? other.before(made) : other.after(made);
        currentTarget.focus();
      }
      return made;
    }

    function save() {
      const items = [...rows.children]
        .filter((one) => one.querySelector("[type=checkbox]").checked)
        .map((one) => ({ phase: one.dataset.phase, minutes: Number(one.querySelector("[type=number]").value) }));
      const fits = items.length && items.every(({ minutes }) => Number.isInteger(minutes) && minutes >= 0 && minutes <= 100000);
      if (!fits) return void (wrong.textContent = t("agenda_wrong"));
      line.do("agenda", "", "", { items });
      dialog.close();
    }
  };
}
