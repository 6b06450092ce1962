// Keys for whoever labels many messages: digits choose, s skips, Enter keeps. They can be switched off.
const form = document.querySelector("[data-labelling]");
const box = form.querySelector("[data-keys-on]");
const keys = [...form.querySelectorAll("[data-key]")];
const NAME = "verbond-labelling-keys";

function show() {
  for (const hint of form.querySelectorAll("kbd")) hint.hidden = !box.checked;
}

box.checked = localStorage.getItem(NAME) !== "off";
form.querySelector("[data-keys]").hidden = false;
box.addEventListener("change", () => {
  localStorage.setItem(NAME, box.checked ? "on" : "off");
  show();
});
show();

document.addEventListener("keydown", (event) => {
  const isWriting = event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select");
  if (!box.checked || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  const one = keys.find((key) => key.dataset.key === event.key.toLowerCase());
  if (one) {
    event.preventDefault();
    one.focus();
    one.click();
  } else if (event.key === "Enter" && event.target.matches("body, [type=checkbox]")) {
    event.preventDefault();
    form.querySelector("button[value=keep]").click();
  }
});
