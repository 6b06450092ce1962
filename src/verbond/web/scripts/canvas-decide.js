// The dialog in which a contradiction is decided: what leads, what one stops doing for it, and why.
export function mount({ line, t, el, announce, share }) {
  const values = () => line.all((one) => one.kind === "value");
  const nameOf = (id) => line.thing(id)?.values.name ?? "";
  let pair, was;
  const pick = () => el("select", { class: "slot__choice" });
  const [one, other] = [pick(), pick()];
  const title = el("h2", { class: "decide__title", id: "decide-title" });
  const picks = el("div", { class: "decide__picks" }, el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_one")), one), el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_other")), other));
  const said = el("div", { class: "decide__said" });
  const leads = el("fieldset", { class: "decide__leads" });
  const area = (name, help) => el("textarea", { class: "slot__words", rows: 2, maxlength: 600, name, "aria-describedby": help });
  const concession = area("concession", "decide-help decide-wrong");
  const reason = area("reason");
  const wrong = el("p", { class: "wrong", id: "decide-wrong", role: "alert" });
  const back = el("button", { type: "button", class: "button button--plain", onclick: undo }, t("values_take_back"));
  const form = el("form", { class: "decide__form", onsubmit: keep, novalidate: true }, title, picks, said, leads,
    el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_concession")), concession),
    el("p", { class: "value__small", id: "decide-help" }, t("values_concession_help")), wrong,
    el("label", { class: "slot" }, el("span", { class: "slot__label" }, t("values_reason")), reason),
    el("div", { class: "actions" }, el("button", { class: "button" }, t("values_keep")), el("button", { type: "button", class: "button button--second", onclick: () => dialog.close() }, t("values_cancel")), back));
  const dialog = el("dialog", { class: "decide", "aria-labelledby": "decide-title" }, form);
  document.getElementById("dialogs").append(dialog);
  for (const select of [one, other]) select.addEventListener("change", () => name({ one: one.value, other: other.value }));

  function name(chosen) {
    const kept = leads.querySelector(":checked")?.value;
    pair = chosen;
    const apart = pair.one && pair.other && pair.one !== pair.other;
    title.textContent = apart ? t("values_pair", { one: nameOf(pair.one), other: nameOf(pair.other) }) : t("values_own_pair");
    const radio = (id, words) => el("label", { class: "decide__lead" }, el("input", { type: "radio", name: "kept", value: id, checked: id === kept }), el("span", {}, words));
    leads.replaceChildren(el("legend", { class: "slot__label" }, t("values_which")), ...(apart ? [pair.one, pair.other].map((id) => radio(id, t("values_goes_first", { name: nameOf(id) }))) : []), radio("", t("values_both_stay")));
  }
  function open(wanted) {
    const free = !wanted;
    picks.hidden = !free;
    if (free) for (const [select, at] of [[one, 0], [other, 1]]) {
      select.replaceChildren(...values().map((value) => el("option", { value: value.id }, value.values.name)));
      select.selectedIndex = at;
    }
    leads.replaceChildren();
    name(wanted ?? { one: one.value, other: other.value });
    was = wanted && (wanted.resolution ? line.thing(wanted.resolution) : share.decisionOn(pair.one, pair.other));
    const told = [pair.said, ...(pair.why ?? []), pair.correlation_said].filter(Boolean);
    said.replaceChildren(...told.map((words) => el("p", {}, words)));
    concession.value = was?.values.concession ?? "";
    reason.value = was?.values.reason ?? "";
    for (const radio of leads.querySelectorAll("input")) radio.checked = was !== undefined && was !== null && radio.value === was.values.kept;
    wrong.textContent = "";
    back.hidden = !was;
    dialog.showModal();
  }
  function keep(event) {
    event.preventDefault();
    if (pair.one === pair.other) {
      wrong.textContent = t("values_same");
      return other.focus();
    }
    const kept = leads.querySelector(":checked");
    if (!kept) {
      wrong.textContent = t("values_which_missing");
      return leads.querySelector("input").focus();
    }
    if (!concession.value.trim()) {
      wrong.textContent = t("values_concession_missing");
      return concession.focus();
    }
    const made = { one: pair.one, other: pair.other, kept: kept.value, concession: concession.value.trim(), reason: reason.value.trim() };
    const lies = (was && line.thing(was.id)) || share.decisionOn(pair.one, pair.other);
    if (lies) line.do("set", lies.id, "", made);
    else line.do("add", undefined, "resolution", made);
    announce(t("values_decided"));
    dialog.close();
  }
  function undo() {
    if (line.thing(was.id)) line.do("remove", was.id);
    announce(t("values_taken_back"));
    dialog.close();
  }
  share.decide = open;
}
