// Passkeys: what the server and the browser say to each other, as JSON. Older browsers read and write none themselves.

import { send } from "./wire.js";

const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (list) => list.map((each) => ({ ...each, id: octets(each.id) }));

export const hasPasskeys = () => Boolean(globalThis.PublicKeyCredential);

function readRequest(options) {
  if (PublicKeyCredential.parseRequestOptionsFromJSON) return PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { ...options, challenge: octets(options.challenge), allowCredentials: described(options.allowCredentials) };
}

function readCreation(options) {
  if (PublicKeyCredential.parseCreationOptionsFromJSON) return PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const user = { ...options.user, id: octets(options.user.id) };
  return { ...options, user, challenge: octets(options.challenge), excludeCredentials: described(options.excludeCredentials) };
}

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function written(credential) {
  if (credential.toJSON) return credential.toJSON();
  const { id, rawId, type, response } = credential;
  const parts = PARTS.filter((name) => response[name]).map((name) => [name, text(response[name])]);
  const transports = response.getTransports ? { transports: response.getTransports() } : {};
  return { id, rawId: text(rawId), type, response: { ...Object.fromEntries(parts), ...transports }, clientExtensionResults: {} };
}

/** Ask for a passkey of this site; `more` may make it wait in the list that a field offers. Returns null where none was shown. */
export async function showPasskey({ secondFactor = false, ...more } = {}) {
  const answer = await send("POST", "/sessions/passkey/options", { body: { cookie: true, second_factor: secondFactor } });
  if (!answer.ok) return null;
  try {
    return written(await navigator.credentials.get({ publicKey: readRequest(answer.body.options), ...more }));
  } catch {
    return null; // refused, closed or timed out: the person tries again or takes another way
  }
}

/** Let the browser offer passkeys among the names that a field suggests. Returns null where it cannot, or none was taken. */
export async function offerPasskey(signal) {
  if (!hasPasskeys() || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return null;
  return showPasskey({ mediation: "conditional", signal });
}

/** Make a passkey by the server's options. Returns null where none was made. */
export async function makePasskey(options) {
  try {
    return written(await navigator.credentials.create({ publicKey: readCreation(options) }));
  } catch {
    return null;
  }
}
