// A condition shows only what fits: no answers where none is looked at, and those of its own question.
const WITHOUT = new Set(["answered", "not_answered"]);

for (const row of document.querySelectorAll("[data-test]")) {
  const [question, operator, value] = row.querySelectorAll("select");
  const groups = [...value.querySelectorAll("optgroup")];
  const of = (group) => group.querySelector("option").value.split(":")[0];
  const fit = () => {
    const chosen = question.value;
    operator.closest(".field").hidden = !chosen;
    value.closest(".field").hidden = !chosen || WITHOUT.has(operator.value);
    for (const group of groups) group.hidden = group.disabled = of(group) !== chosen;
    if (value.value && value.value.split(":")[0] !== chosen) value.value = "";
  };
  question.addEventListener("change", fit);
  operator.addEventListener("change", fit);
  fit();
}
