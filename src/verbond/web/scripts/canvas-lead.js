// How each field stands and what it asks, for everybody; and what a facilitator does with it.
export function mount({ line, opening, present, t, el, field, announce, notice, share }) {
  const fields = [...document.querySelectorAll("[data-field]:is(section)")].map((section) => section.dataset.field);
  const parts = fields.map((name) => {
    const { section, tools, state } = field(name);
    const help = el("button", { class: "tool tool--help", type: "button", "aria-label": t("help_of", { field: t(`field_${name}`) }), onclick: () => explain(name) }, "?");
    tools.append(help);
    return { name, section, state, lead: line.me.leads ? leading(name, tools) : undefined };
  });

  function explain(name) {
    const { lies, questions } = opening.help[name];
    const asked = questions.length ? [el("h3", {}, t("help_questions")), el("ul", { class: "dialog__list" }, questions.map((one) => el("li", {}, one)))] : [];
    const guide = opening.links.guide ? [el("p", {}, el("a", { href: opening.links.guide, target: "_blank", rel: "noopener" }, t("guide_more")))] : [];
    share.dialog(t(`field_${name}`), [el("p", {}, lies), ...asked, ...guide]);
  }

  function show() {
    const { settled, n_private: counts } = line;
    for (const { name, section, state, lead } of parts) {
      const is = { private: settled.private.includes(name), anonymous: settled.anonymous.includes(name), locked: settled.locked.includes(name) };
      for (const [one, on] of Object.entries(is)) section.classList.toggle(`is-${one}`, on);
      const words = [is.private && t("state_private"), is.anonymous && t("state_anonymous"), is.locked && t(line.me.leads ? "lead_locked_help" : "state_locked")].filter(Boolean).join(" ");
      if (state.dataset.said !== words) {
        state.dataset.said = words;
        state.querySelector(".state__words")?.remove();
        if (words) state.prepend(el("span", { class: "state__words" }, words));
      }
      lead?.show(is, counts[name] ?? 0);
    }
  }

  // --- for who leads

  function leading(name, tools) {
    const called = t(`field_${name}`);
    const button = el("button", { class: "tool tool--lead", type: "button", "aria-label": t("lead_of", { field: called }) }, "⋯");
    tools.append(button);
    const keep = share.toggle(t("lead_private"), (on) => (on ? line.do("privacy", name, "", { on }) : reveal(name)));
    const nameless = share.toggle(t("lead_anonymous"), (on) => line.do("anonymity", name, "", { on }));
    const lock = share.toggle(t("lead_locked"), (on) => line.do("lock", name, "", { on }));
    const help = (code) => el("p", { class: "panel__help" }, t(code));
    const summon = el("button", { class: "button button--second", type: "button", onclick: call }, t("lead_summon"));
    const panel = share.panel(
      button,
      t("lead_of", { field: called }),
      el("h2", { class: "panel__title" }, called),
      keep, help("lead_private_help"), nameless, help("lead_anonymous_help"), lock, help("lead_locked_help"), summon,
    );
    function call() {
      line.signal("summon", name);
      panel.hidePopover();
      notice(t("lead_summoned", { field: called }));
    }
    return {
      show(is) {
        keep.show(is.private);
        nameless.show(is.anonymous);
        lock.show(is.locked);
      },
    };
  }

  // What was private is shown to all and cannot be taken back: so it is asked, with how much it is.
  function reveal(name) {
    const called = t(`field_${name}`);
    const yes = el("button", { class: "button", type: "button", onclick: go }, t("reveal_yes"));
    const nameless = line.settled.anonymous.includes(name) ? t("reveal_nameless") : t("reveal_named");
    const much = el("p", {});
    const dialog = share.dialog(t("reveal", { field: called }), [much, el("p", {}, nameless)], yes);
    const stop = line.on(count);
    dialog.addEventListener("close", stop);
    count();
    function count() {
      const own = line.all((one) => one.mine && share.fieldOf(one) === name).length;
      const words = t("reveal_how", { n: (line.n_private[name] ?? 0) + own });
      if (much.textContent !== words) much.textContent = words;
    }
    function go() {
      dialog.close();
      line.do("reveal", name);
    }
  }

  // Points: how many everybody may give, and whether all see what things got.
  share.votes = function () {
    const budget = el("input", { type: "number", min: 0, max: 20, value: line.settled.budget, inputmode: "numeric" });
    const tally = share.toggle(t("votes_tally"), (on) => line.do("tally", "", "", { on }));
    const form = el("form", { class: "timer__form", onsubmit: save }, el("label", {}, t("votes_budget"), budget), el("button", { class: "button" }, t("keep")));
    const dialog = share.dialog(t("votes"), [el("p", {}, t("votes_how")), form, tally, el("p", { class: "panel__help" }, t("votes_tally_help"))]);
    const stop = line.on(({ what }) => ["settled", "whole"].includes(what) && tally.show(line.settled.tallied));
    tally.show(line.settled.tallied);
    dialog.addEventListener("close", stop);
    function save(event) {
      event.preventDefault();
      line.do("budget", "", "", { n: Math.round(Number(budget.value)) });
    }
  };

  // What was taken out of sight: to read again, without whose it is, and to lay back.
  share.hidden = async function () {
    const answer = await fetch(`${line.address}hidden/`).catch(() => null);
    if (!answer?.ok) return notice(t("hidden_failed"));
    const { notes } = await answer.json();
    const rows = notes.map(({ id, field: at, text }) => {
      const back = el("button", { class: "button button--second", type: "button", onclick: lay }, t("hidden_back"));
      const row = el("li", { class: "hidden__one" }, el("p", {}, el("b", {}, `${t(`field_${at}`)}: `), text), back);
      function lay() {
        line.do("set", id, "", { hidden: false });
        const next = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        (next?.querySelector("button") ?? list.closest("dialog")).focus();
      }
      return row;
    });
    const list = el("ul", { class: "hidden" }, rows);
    share.dialog(t("hidden"), [el("p", {}, rows.length ? t("hidden_how") : t("hidden_none")), list]);
  };

  // --- everybody hears how a field stands now; who leads sees it where she set it

  const tell = line.me.leads || present ? announce : notice;
  let known = line.settled;
  function changed() {
    const now = line.settled;
    for (const name of fields) {
      for (const state of ["private", "anonymous", "locked"]) {
        const [was, is] = [known[state].includes(name), now[state].includes(name)];
        if (was !== is) tell(t(`told_${state}_${is ? "on" : "off"}`, { field: t(`field_${name}`) }));
      }
    }
    if (known.tallied !== now.tallied) tell(t(now.tallied ? "told_tally_on" : "told_tally_off"));
    if (known.budget !== now.budget) tell(t("told_budget", { n: now.budget }));
    known = now;
    show();
  }

  line.on(({ what }) => {
    if (what === "settled" || what === "whole") changed();
  });
  show();
}
