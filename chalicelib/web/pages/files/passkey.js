// A form that a passkey fills: asks the server for a challenge, the browser for an answer, and sends the form with it.

import { all, one, say } from "./dom.js";
import { send } from "./wire.js";

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Return our options as the browser wants them: older ones read no JSON themselves. */
function read(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const allowCredentials = options.allowCredentials.map((each) => ({ ...each, id: octets(each.id) }));
  return { ...options, challenge: octets(options.challenge), allowCredentials };
}

function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, response } = credential;
  const parts = ["clientDataJSON", "authenticatorData", "signature", "userHandle"].filter((name) => response[name]);
  return { id, rawId: text(rawId), type, response: Object.fromEntries(parts.map((name) => [name, text(response[name])])) };
}

/** Ask for a passkey; `more` may make it wait in the list that a field offers. Returns JSON, or null where there is none. */
async function ask(form, more = {}) {
  const body = { cookie: true, second_factor: form.dataset.passkey === "second" };
  const answer = await send("POST", "/sessions/passkey/options", { body });
  if (!answer.ok) return null;
  try {
    const credential = await navigator.credentials.get({ publicKey: read(answer.body.options), ...more });
    return credential && JSON.stringify(written(credential));
  } catch {
    return null; // refused, closed or timed out: the person tries again or takes another way
  }
}

function fill(form, answer) {
  one('[name="passkey"]', form).value = answer;
  form.submit();
}

function enhance(form) {
  let waiting = new AbortController();
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    waiting.abort();
    const notice = one("[data-said]", form) ?? one('[role="alert"]');
    say(notice, "", { hide: true });
    const answer = await ask(form);
    if (answer) fill(form, answer);
    else say(notice, "No passkey was shown. Try again, or use another way.", { hide: true });
  });
  if (form.dataset.passkey === "autofill") offer(form, waiting);
}

/** Let the browser offer passkeys among the names that a field suggests. */
async function offer(form, waiting) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  const answer = await ask(form, { mediation: "conditional", signal: waiting.signal });
  if (answer) fill(form, answer);
}

if (globalThis.PublicKeyCredential) for (const form of all("[data-passkey]")) enhance(form);
for (const element of all(".no-script")) element.hidden = true;
