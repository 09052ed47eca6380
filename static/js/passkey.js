// Forms with data-passkey ask the browser to make ("create") or to show ("get") a passkey and send its answer.
// What is asked stands in #passkey-options or comes from data-options-url. Where it cannot work, the form stays hidden.
const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withBytes = (keys) => (keys ?? []).map((key) => ({ ...key, id: toBytes(key.id) }));

function question(options, form) {
  const asked = { ...options.publicKey, challenge: toBytes(options.publicKey.challenge) };
  if (form.dataset.passkey === "get") {
    return { ...asked, allowCredentials: withBytes(asked.allowCredentials) };
  }
  const alone = form.elements.passwordless?.checked ?? false;
  return {
    ...asked,
    user: { ...asked.user, id: toBytes(asked.user.id) },
    excludeCredentials: withBytes(asked.excludeCredentials),
    authenticatorSelection: {
      ...asked.authenticatorSelection,
      residentKey: alone ? "required" : "discouraged",
      requireResidentKey: alone,
      ...(alone && { userVerification: "required" }),
    },
  };
}

function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function optionsOf(form) {
  if (!form.dataset.optionsUrl) return JSON.parse(document.getElementById("passkey-options").textContent);
  const sent = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!sent.ok) throw new Error(`options: ${sent.status}`);
  return sent.json();
}

async function send(form) {
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    const options = await optionsOf(form);
    const publicKey = question(options.creation_options ?? options.request_options ?? options, form);
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.credential.value = JSON.stringify(answer(credential));
    form.submit();
  } catch {
    failed.hidden = false;
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
  for (const note of document.querySelectorAll("[data-passkey-missing]")) note.hidden = true;
}
