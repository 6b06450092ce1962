// What the other parts of the board borrow: panels that hang from a button, dialogs, and going to a field.
export function mount({ present, t, el, field, share }) {
  let n = 0;

  // A button with a panel under it, that closes by Escape, by a press beside it, and with `panel.hidePopover()`.
  share.panel = function (button, label, ...inside) {
    const panel = el("div", { class: "panel", id: `panel-${++n}`, popover: "auto", role: "group", "aria-label": label }, ...inside);
    button.setAttribute("popovertarget", panel.id);
    button.setAttribute("aria-expanded", "false");
    const place = () => put(panel, button);
    panel.addEventListener("toggle", ({ newState }) => {
      const open = newState === "open";
      button.setAttribute("aria-expanded", String(open));
      panel.classList.toggle("is-placed", open);
      if (open) place();
      for (const happening of ["resize", "scroll"]) window[open ? "addEventListener" : "removeEventListener"](happening, place);
    });
    button.after(panel);
    return panel;
  };

  function put(panel, button) {
    const at = button.getBoundingClientRect();
    const edge = 8;
    const left = Math.min(at.left, document.documentElement.clientWidth - panel.offsetWidth - edge);
    const below = at.bottom + 6;
    const above = at.top - 6 - panel.offsetHeight;
    const fits = below + panel.offsetHeight < innerHeight || above < edge;
    panel.style.setProperty("left", `${Math.max(edge, left)}px`);
    panel.style.setProperty("top", `${Math.max(edge, fits ? Math.min(below, innerHeight - 3 * edge) : above)}px`);
    panel.style.setProperty("max-block-size", `${innerHeight - Math.max(edge, fits ? below : above) - edge}px`);
  }

  // A dialog over the page; buttons come before the one that closes it. Where the focus was, it goes back to:
  // a panel closes when a dialog opens, so from there to its button.
  share.dialog = function (title, inside, ...buttons) {
    const panel = document.activeElement?.closest(".panel");
    const from = panel ? document.querySelector(`[popovertarget="${panel.id}"]`) : document.activeElement;
    const id = `dialog-${++n}`;
    const dialog = el(
      "dialog",
      { class: "dialog", "aria-labelledby": id },
      el("h2", { class: "dialog__title", id }, title),
      ...inside,
      el("div", { class: "actions" }, ...buttons, el("button", { class: "button button--second", type: "button", onclick: () => dialog.close() }, t("close"))),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (from?.isConnected) from.focus();
    });
    document.getElementById("dialogs").append(dialog);
    dialog.showModal();
    return dialog;
  };

  // A switch: `turn(on)` when it is pressed; `made.show(on)` says how it stands.
  share.toggle = function (label, turn, attributes = {}) {
    const made = el("button", { type: "button", role: "switch", class: "toggle", "aria-checked": "false", ...attributes }, el("span", { class: "toggle__label" }, label));
    made.addEventListener("click", () => turn(made.getAttribute("aria-checked") !== "true"));
    made.show = (on) => made.setAttribute("aria-checked", String(Boolean(on)));
    return made;
  };

  // The field that a thing lies in.
  const FIELD_OF = { value: "values", resolution: "values", mission: "mission", promise: "promise", step: "steps" };
  share.fieldOf = ({ kind, values }) => values.field ?? FIELD_OF[kind];

  // Bring a field before somebody's eyes; with `focus` her keyboard goes along.
  share.goTo = function (name, { focus = false } = {}) {
    const { section } = field(name);
    share.showField?.(name);
    if (present) return scrollTo(0, 0);
    section.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    if (focus || !(document.activeElement?.checkVisibility() ?? true)) section.focus({ preventScroll: true });
  };

  // Whether somebody can write where she is; and whether she is in the middle of something: then nobody takes
  // her from it. A field for the next note, still empty, is no such thing.
  const isAsked = () => document.querySelector("dialog[open]") !== null;
  share.isWriting = () => isAsked() || document.activeElement.matches("input, textarea, select");
  share.isBusy = () => isAsked() || (share.isWriting() && document.activeElement.value !== "");
}
