// Second factors: passkeys, an authenticator app, recovery codes, and the browsers that need none for a while.

import { all, one, say } from "./dom.js";
import { showActivity } from "./activity.js";
import { enhance } from "./forms.js";
import { useKinds, withProof } from "./prove.js";
import { fill, row } from "./rows.js";
import { call } from "./session.js";
import { t } from "./texts.js";
import { hasPasskeys, makePasskey } from "./webauthn.js";
import { ago, device, exactly, onDay, trouble } from "./words.js";

const FACTORS = "/users/me/factors";

let changed = () => {}; // what else the page shows anew: every other session ends with a change

/** Show what there is; a service without second factors has no such card. */
export async function showFactors() {
  const answer = await call("GET", FACTORS);
  one("#factors-card").hidden = answer.status === 404;
  if (!answer.ok) return tell(answer);
  const { factors, recovery_codes_left: left, devices, reset_at: resetAt } = answer.body;
  const kinds = [...new Set(factors.map(({ kind }) => kind))];
  useKinds(left ? [...kinds, "recovery_code"] : kinds);
  fill(one("#factors"), [...factors.map(factorRow), ...(left ? [codesRow(left)] : [])], t("None yet: only your password guards this account."));
  fill(one("#devices"), devices.map(deviceRow));
  one("#devices-part").hidden = !devices.length;
  one("#make-codes").hidden = !factors.length;
  one("#advice").hidden = !factors.length || left > 2;
  one("#begin-app").textContent = kinds.includes("totp") ? t("Replace the authenticator app") : t("Set up an authenticator app");
  one("#reset-notice").hidden = !resetAt;
  if (resetAt) say(one("#reset-says"), t("Whoever runs this service takes your second factors away on {time}. You did not ask for it?", { time: exactly(resetAt) }));
  return undefined;
}

function factorRow({ factor_id: id, kind, name, created_at: since, last_used_at: used, backed_up: backed }) {
  const label = kind === "totp" ? t("Authenticator app") : t("Passkey: {name}", { name });
  const more = [t("since {time}", { time: onDay(since) }), used && t("last used {time}", { time: ago(used) }), backed && t("kept by your password manager")].filter(Boolean).join(" · ");
  return row({ main: label, more, button: { label: t("Remove"), of: label, press: () => remove(kind === "totp" ? "totp" : id, t("{factor} is removed.", { factor: label })) } });
}

const codesRow = (left) => row({
  main: t("Recovery codes"),
  more: t("{count} left, each good once", { count: left }),
  button: { label: t("Remove"), of: t("Recovery codes"), press: () => remove("recovery-codes", t("The recovery codes are void.")) },
});

const deviceRow = ({ factor_id: id, name, created_at: since }) => row({
  main: device(name ?? ""),
  more: t("since {time}", { time: onDay(since) }),
  button: { label: t("Forget"), of: device(name ?? ""), press: () => remove(id, t("It is asked again there.")) },
});

async function remove(id, done) {
  tell(await withProof((proof) => call("DELETE", `${FACTORS}/${encodeURIComponent(id)}`, { body: proof })), done);
}

/** Say how an act went, and show what it changed. */
function tell(answer, done = "") {
  say(one("#factors-status"), answer.ok ? done : trouble(answer, answer.retryAfter) || answer.detail);
  if (answer.ok) anew();
}

function anew() {
  showFactors();
  showActivity();
  changed();
}

async function beginApp() {
  const answer = await withProof((proof) => call("POST", `${FACTORS}/totp`, { body: proof }));
  if (!answer.ok) return tell(answer);
  one("#app-qr").src = `data:image/svg+xml,${encodeURIComponent(answer.body.qr)}`;
  say(one("#app-secret"), answer.body.secret.match(/.{1,4}/g).join(" "));
  one("#app-link").href = answer.body.uri;
  return open("#app");
}

async function makeCodes() {
  const answer = await withProof((proof) => call("POST", `${FACTORS}/recovery-codes`, { body: proof }));
  if (!answer.ok) return tell(answer);
  const { codes } = answer.body;
  one("#codes-list").replaceChildren(...codes.map((code) => {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("code"), { textContent: code }));
    return item;
  }));
  one("#codes-file").href = URL.createObjectURL(new Blob([`${t("Recovery codes of {host}, each good once:", { host: location.host })}\n\n${codes.join("\n")}\n`], { type: "text/plain" }));
  open("#codes");
  return anew();
}

/** Show one of the panels and none of the others. */
function open(panel) {
  for (const each of all(".panel")) each.hidden = `#${each.id}` !== panel;
  if (panel) one("h3", one(panel)).focus();
}

/** Forget what is shown once. */
function close() {
  open(null);
  say(one("#app-secret"), "");
  for (const name of ["src"]) one("#app-qr").removeAttribute(name);
  one("#app-link").removeAttribute("href");
  one("#codes-list").replaceChildren();
  URL.revokeObjectURL(one("#codes-file").href);
}

/** Make the card work; `then` follows a change that ends other sessions. */
export function prepareFactors(then) {
  changed = then;
  one("#begin-app").addEventListener("click", beginApp);
  one("#make-codes").addEventListener("click", makeCodes);
  one("#keep-factors").addEventListener("click", () => remove("reset", t("Your second factors stay.")));
  for (const button of all(".panel [data-close]")) button.addEventListener("click", close);
  enhance(one("#app-form"), {
    submit: ({ totp }) => call("PUT", `${FACTORS}/totp`, { body: { totp: totp.replaceAll(" ", "") } }),
    done: (answer) => { one("#app-form").reset(); close(); tell(answer, t("The app is set up. Now make recovery codes, in case you lose it.")); },
    special: ({ code, detail }) => (code === "invalid_second_factor" ? { field: "totp", sentence: detail } : null),
  });
  one("#passkey-form").hidden = !hasPasskeys();
  one("#passkey-name").value = device(navigator.userAgent);
  enhance(one("#passkey-form"), {
    submit: addPasskey,
    done: (answer) => tell(answer, t("The passkey is added: log in with it by one touch. Now make recovery codes, in case you lose it.")),
  });
}

async function addPasskey({ name }) {
  const begun = await withProof((proof) => call("POST", `${FACTORS}/passkeys/options`, { body: proof }));
  if (!begun.ok) return begun;
  const passkey = await makePasskey(begun.body.options);
  if (!passkey) return { ok: false, status: 0, code: "none", detail: t("No passkey was made. Perhaps this device has one for the account already."), errors: {}, retryAfter: null };
  return call("POST", `${FACTORS}/passkeys`, { body: { passkey, name } });
}
