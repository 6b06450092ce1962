// Small behaviours on pages that work without them: each in a module of its own, found by attribute.
// A menu that is open closes when one looks elsewhere, and on Escape.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.person[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.person[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
// Forms go out once: a second click on the button does nothing.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "true";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
// htmx sends Django's token along with what it posts.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]");
  if (token) event.detail.headers["X-CSRFToken"] = token.value;
});
// A menu that is wider than a phone begins where one is.
for (const here of document.querySelectorAll(":is(.menu__one, .steps-nav__one)[aria-current]")) {
  here.scrollIntoView({ inline: "center", block: "nearest" });
}
