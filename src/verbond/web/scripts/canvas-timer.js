// The timer: everybody sees the same rest, by the server's clock; who leads starts, lengthens and stops it.
export function mount({ line, t, el, announce, notice, share }) {
  const place = document.getElementById("timer");
  const time = el("span", { class: "timer__time" });
  const words = el("span", { class: "timer__words" });
  const clock = el("span", { class: "timer__clock", role: "timer" }, time, words);
  let known = line.settled.timer;
  let before = rest(); // of the last time we looked
  let waiting;

  function rest() {
    return line.settled.timer ? Math.max(0, line.settled.timer - line.now()) : undefined;
  }

  const said = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

  function tick() {
    clearTimeout(waiting);
    const now = rest();
    show(now);
    if (now !== undefined && before !== undefined) {
      if (before > 60 && now <= 60 && now > 0) announce(t("timer_minute"));
      if (before > 0 && now === 0) notice(t("timer_over"), 15);
    }
    before = now;
    if (now) waiting = setTimeout(tick, (now % 1) * 1000 + 20);
  }

  function show(now) {
    const on = now !== undefined;
    time.textContent = on ? said(Math.ceil(now)) : "";
    words.textContent = now === 0 ? t("timer_is_over") : "";
    place.hidden = !on && !line.me.leads;
    place.classList.toggle("is-last", on && now <= 60 && now > 0);
    place.classList.toggle("is-over", now === 0);
    lead?.show(on);
  }

  // Everybody hears what became of it; how long it lasts is said in whole minutes.
  function changed() {
    const { timer } = line.settled;
    if (timer === known) return;
    known = timer;
    before = rest();
    if (!timer) announce(t("timer_stopped"));
    else if (before > 0) announce(t("timer_runs", { n: Math.max(1, Math.round(before / 60)) }));
    tick();
  }

  // --- for who leads

  function leading() {
    const button = el("button", { class: "timer__button", type: "button" }, clock, el("span", { class: "timer__start" }, t("timer")));
    const minutes = el("input", { type: "number", min: 1, max: 600, value: 10, inputmode: "numeric" });
    const start = el("form", { class: "timer__form", onsubmit: begin }, el("label", {}, t("timer_minutes"), minutes), el("button", { class: "button" }, t("timer_start")));
    const more = el("button", { class: "button button--second", type: "button", onclick: longer }, t("timer_more"));
    const stop = el("button", { class: "button button--second", type: "button", onclick: () => set(0) }, t("timer_stop"));
    const runs = el("div", { class: "timer__runs" }, more, stop);
    place.append(button);
    const panel = share.panel(button, t("timer"), start, runs);
    panel.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") minutes.value = line.settled.agenda.find((one) => one.phase === line.settled.phase)?.minutes || 10;
    });

    function set(ends) {
      line.do("timer", "", "", { ends });
    }
    function begin(event) {
      event.preventDefault();
      const n = Number(minutes.value);
      if (!(n > 0)) return minutes.focus();
      set(Math.round(line.now() + n * 60));
      panel.hidePopover();
    }
    function longer() {
      set(Math.round(Math.max(line.settled.timer, line.now()) + 60));
    }
    return {
      show(on) {
        if (!on && runs.contains(document.activeElement)) minutes.focus();
        runs.hidden = !on;
        button.classList.toggle("is-on", on);
      },
    };
  }

  const lead = line.me.leads ? leading() : undefined;
  if (!lead) place.append(clock);
  line.on(({ what }) => {
    if (what === "settled" || what === "whole") changed();
    if (what === "people" && line.settled.timer) show(rest()); // the clock may be known better now
  });
  document.addEventListener("visibilitychange", tick);
  tick();
}
