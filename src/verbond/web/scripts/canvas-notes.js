// Notes in the fields of the canvas.
export function mount({ line, t, el, field, announce }) {
  for (const name of ["identity", "image"]) {
    const { notes: body } = field(name);
    const list = el("ul", { class: "notes" });
    const words = el("textarea", { class: "note__write", rows: 2, "aria-label": t("write", { field: t(`field_${name}`) }) });
    const form = el("form", { class: "notes__form", onsubmit: add }, words, el("button", { class: "button button--second" }, t("add")));
    body.append(list, form);
    function add(event) {
      event.preventDefault();
      const text = words.value.trim();
      if (!text) return;
      const last = line.all((one) => one.kind === "note" && one.values.field === name).at(-1);
      line.do("add", undefined, "note", { field: name, text, order: line.between(last, undefined) });
      words.value = "";
      words.focus();
    }
    function show() {
      const notes = line.all((one) => one.kind === "note" && one.values.field === name);
      list.replaceChildren(...notes.map((one) => el("li", { class: "note", "data-id": one.id }, one.values.text)));
    }
    line.on(show);
    show();
  }
}
