// Beside the image: what customers said, with what it rests on.
export function mount(context) {
  const { line, t, el, announce, share: { slots: { anew } } } = context;
  const node = el("section", { class: "heard", "aria-labelledby": "heard-title", hidden: true });
  context.field("image").body.prepend(node);
  const adopt = (text, source) => {
    const last = line.all((one) => one.kind === "note" && one.values.field === "image").at(-1);
    line.do("add", undefined, "note", { field: "image", text: text.slice(0, 600), source: source.slice(0, 200), order: line.between(last, undefined) });
    announce(t("heard_taken"));
  };
  const table = ({ title, head, rows }) => el("div", { class: "heard__scroll", tabindex: 0, role: "region", "aria-label": title },
    el("table", { class: "heard__table" }, el("caption", {}, title), el("thead", {}, el("tr", {}, head.map((one) => el("th", { scope: "col" }, one)))),
      el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((one) => el("td", {}, one)))))));
  const quotes = ({ said, items }, rests) => el("div", { class: "heard__quotes" }, el("p", { class: "value__small" }, said),
    items.map((one) => el("figure", { class: "heard__quote" }, el("blockquote", {}, one), el("button", { type: "button", class: "button button--plain", "aria-label": t("heard_take_of", { text: one }), onclick: () => adopt(one, rests) }, t("heard_take")))));
  context.beside(({ image }) => {
    node.hidden = !image || image.off === true;
    if (node.hidden) return;
    const title = () => el("h3", { class: "values__title", id: "heard-title" }, t("heard"));
    if (image.empty) return anew(node, JSON.stringify(image), () => [title(), el("p", { class: "heard__empty" }, image.empty, image.link && " ", image.link && el("a", { href: image.link }, t("heard_link")))]);
    anew(node, JSON.stringify(image), () => [title(), ...image.said.map((one) => el("p", {}, one)), image.rests_on && el("p", { class: "value__small" }, image.rests_on),
      (image.table || image.quotes) && el("details", { class: "disclosure", "data-of": "more" }, el("summary", {}, t("heard_more")), image.table && table(image.table), image.quotes && quotes(image.quotes, image.rests_on ?? ""))]);
  });
}
