// The account's page: profile, password, sessions, what others may do, what happened, and the way out.

import { BASE, countdown, offer, one, peeks, save, say, showState } from "./dom.js";
import { showActivity } from "./activity.js";
import { proveAddress, showAddress } from "./address.js";
import { prepareFactors, showFactors } from "./factors.js";
import { enhance } from "./forms.js";
import { linkProviders, showConsents, showIdentities } from "./others.js";
import { prepareProof, withProof } from "./prove.js";
import { fill, row } from "./rows.js";
import { call, logOut, refresh, start, watch } from "./session.js";
import { t, tn } from "./texts.js";
import { ago, device, exactly, onDay, trouble, whyOut } from "./words.js";

let shownFor = null; // the session that the page shows
let shownEmail = ""; // as it stands at the server
let shownLanguage = ""; // as the account has it, where that is on offer
let hasPassword = true;

function showProfile({ user, waiting_email: waiting = null, has_password: known, may = [] }) {
  shownEmail = user.email ?? "";
  showAddress(user, waiting);
  say(one("#username"), user.username);
  say(one("#since"), onDay(user.created_at));
  say(one("#scopes"), may.join(t(", ")) || t("look after your account"));
  one("#to-console").hidden = !user.scopes.includes("users:read");
  one("#me-name").value = user.name ?? "";
  one("#me-email").value = user.email ?? "";
  showLanguage(user.language);
  const own = one('#password [name="username"]'); // there are no passwords everywhere
  if (own) own.value = user.username;
  if (own && known !== undefined) showPassword(known);
}

function showLanguage(own) {
  const choice = one("#me-language"); // there is no choice everywhere
  if (!choice) return;
  choice.value = own;
  if (!choice.value) choice.value = "";
  shownLanguage = choice.value;
}

/** Ask for the password that there is, if there is one. */
function showPassword(known) {
  hasPassword = known;
  one("#pw-current_password").closest(".field").hidden = !known;
  one("#no-password").hidden = known;
}

async function showSessions() {
  const answer = await call("GET", "/sessions");
  if (!answer.ok) return say(one("#sessions-status"), trouble(answer, answer.retryAfter) || answer.detail);
  const { sessions } = answer.body;
  const others = sessions.filter((session) => !session.current);
  fill(one("#sessions"), [...sessions].sort((a, b) => b.current - a.current).map(sessionRow));
  const button = one("#end-others");
  offer(button, others.length);
  button.onclick = async () => {
    for (const { session_id: id } of others) await call("DELETE", `/sessions/${encodeURIComponent(id)}`);
    ended(tn("The other session is ended.", "{count} other sessions are ended.", others.length));
  };
  return undefined;
}

function sessionRow(session) {
  const name = device(session.user_agent);
  return row({
    main: session.current ? t("{device}, this device", { device: name }) : name,
    more: [
      session.ip ?? t("address unknown"),
      t("since {time}", { time: exactly(session.created_at) }),
      t("last used {time}", { time: ago(session.last_used_at) }),
      session.client && t("through {client}", { client: session.client }),
    ].filter(Boolean).join(" · "),
    button: session.current ? null : { label: t("End"), of: `${name}, ${session.ip ?? ""}`, press: () => end(session, name) },
  });
}

async function end(session, name) {
  const answer = await call("DELETE", `/sessions/${encodeURIComponent(session.session_id)}`);
  ended(answer.ok || answer.status === 404 ? t("{device} is logged out.", { device: name }) : trouble(answer, answer.retryAfter) || answer.detail);
}

function ended(sentence) {
  say(one("#sessions-status"), sentence);
  showSessions();
  showActivity();
}

async function show() {
  const answer = await call("GET", "/users/me");
  const place = one("#trouble");
  if (answer.retryAfter) return countdown(answer.retryAfter, (left) => say(place, trouble(answer, left), { hide: true }), show);
  if (!answer.ok) return say(place, answer.status === 401 ? "" : trouble(answer) || answer.detail, { hide: true });
  say(place, "", { hide: true });
  showState("in", one("h1")); // with the profile at once, so that nothing moves
  showProfile(answer.body);
  await Promise.all([showFactors(), showSessions(), showIdentities(), showConsents(), showActivity()]);
  document.documentElement.dataset.ready = "in";
  return undefined;
}

enhance(one("#profile"), {
  submit: ({ name, email, language = shownLanguage }) => {
    const changes = {
      name: name || null,
      ...(email !== shownEmail && { email: email || null }),
      ...(language !== shownLanguage && { language }),
    };
    return withProof((proof) => call("PATCH", "/users/me", { body: { ...changes, ...proof } }));
  },
  done: (answer) => {
    const before = shownLanguage;
    showProfile(answer.body);
    if (shownLanguage !== before) return location.reload(); // the page is in another language now
    say(one("#profile [data-done]"), t("Saved."));
    return showActivity();
  },
  special: (answer) => (answer.code === "email_taken" ? { field: "email", sentence: answer.detail } : null),
});
prepareProof();
prepareFactors(showSessions);
proveAddress(() => show());
if (one("#password")) enhance(one("#password"), {
  submit: ({ current_password: old, new_password: fresh }) =>
    withProof((proof) => call("PUT", "/users/me/password", { body: { new_password: fresh, ...(hasPassword && old && { current_password: old }), ...proof } })),
  done: () => { one("#password").reset(); showPassword(true); say(one("#password [data-done]"), t("Changed. Every other session is ended.")); showSessions(); showActivity(); },
  special: (answer) => (answer.code === "wrong_password" ? { field: "current_password", sentence: t("This is not your current password.") } : null),
  alias: { password: "new_password" },
});
enhance(one("#delete"), {
  submit: ({ password }) => withProof((proof) => call("DELETE", "/users/me", { body: { ...(password && { password }), ...proof } })),
  done: async () => { await refresh(); location.assign(`${BASE}/`); },
  special: (answer) => (answer.code === "wrong_password" ? { field: "password", sentence: t("This is not your password. Nothing was deleted.") } : null),
});

one("#download").addEventListener("click", async () => {
  const answer = await withProof((proof) => call("POST", "/users/me/data", { body: proof }));
  if (answer.ok) save(one("#download").dataset.file, answer.text, "application/json");
  say(one("#download-status"), answer.ok ? t("Downloaded.") : trouble(answer, answer.retryAfter) || answer.detail);
});
one("#log-out").addEventListener("click", logOut);
linkProviders();
peeks();
watch(({ state, why, sessionId }) => {
  if (state !== "in") showState(state, one("#out-title"));
  say(one("#why-out"), why ? whyOut(why) : t("Log in first, then come back here."));
  if (state === "out") document.documentElement.dataset.ready = "out";
  if (state !== "in") shownFor = null;
  if (state !== "in" || shownFor === sessionId) return;
  shownFor = sessionId;
  show();
});

async function begin() {
  const refused = await start();
  const place = one("#trouble");
  if (!refused) return say(place, "", { hide: true });
  if (refused.retryAfter) return countdown(refused.retryAfter, (left) => say(place, trouble(refused, left), { hide: true }), begin);
  addEventListener("online", begin, { once: true });
  return say(place, trouble(refused) || refused.detail, { hide: true });
}
begin();
