// Passkeys: a button makes one or signs in with one, where this browser and this address can.
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const token = () => document.querySelector("input[name=csrfmiddlewaretoken]").value;

async function post(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token(), "Content-Type": "application/json" },
    body: body === undefined ? "" : JSON.stringify(body),
  });
  if (answer.redirected) {
    location.assign(answer.url);
    return new Promise(() => {});
  }
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  const said = isJson ? await answer.json() : {};
  if (!answer.ok) throw new Error(said.said ?? "");
  return said;
}

const listed = (descriptors) => (descriptors ?? []).map((one) => ({ ...one, id: decode(one.id) }));

async function make(options) {
  return navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    },
  });
}

async function show(options) {
  return navigator.credentials.get({
    publicKey: { ...options, challenge: decode(options.challenge), allowCredentials: listed(options.allowCredentials) },
  });
}

function written(credential) {
  const { response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const given = parts.filter((part) => response[part]).map((part) => [part, encode(response[part])]);
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(given),
    clientExtensionResults: {},
  };
}

async function pressed(part) {
  const { options, answer, does } = part.dataset;
  const name = part.querySelector("input:not([type=hidden])")?.value ?? "";
  const wrong = part.querySelector("[role=alert]");
  wrong.textContent = "";
  try {
    const asked = await post(options);
    const credential = await (does === "make" ? make(asked) : show(asked));
    const query = does === "make" ? `?name=${encodeURIComponent(name)}` : "";
    location.assign((await post(answer + query, written(credential))).next);
  } catch (error) {
    wrong.textContent = (error instanceof DOMException ? "" : error.message) || part.dataset.failed;
  }
}

if (window.PublicKeyCredential && window.isSecureContext) {
  for (const part of document.querySelectorAll("[data-passkey]")) {
    part.hidden = false;
    part.querySelector("button").addEventListener("click", () => pressed(part));
  }
}
