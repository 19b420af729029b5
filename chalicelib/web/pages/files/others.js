// What others hold of the account: providers one logs in through, and applications with access.

import { showActivity } from "./activity.js";
import { all, one, say } from "./dom.js";
import { withProof } from "./prove.js";
import { fill, row } from "./rows.js";
import { call } from "./session.js";
import { t } from "./texts.js";
import { ago, exactly, trouble } from "./words.js";

const IDENTITIES = "/users/me/identities";
const CONSENTS = "/users/me/consents";

/** Show the linked providers; a service without federation has no such card. */
export async function showIdentities() {
  const answer = await call("GET", IDENTITIES);
  const card = one("#identities-card");
  const items = answer.body?.identities ?? [];
  card.hidden = answer.status === 404 || (answer.ok && !items.length && !all("[data-link]").length);
  if (!answer.ok) return tell("identities", answer);
  return fill(one("#identities"), items.map(identityRow), t("None is linked yet."));
}

function identityRow(item) {
  const press = () => prove(
    (body) => call("DELETE", `${IDENTITIES}/${encodeURIComponent(item.identity_id)}`, { body }),
    () => { say(one("#identities-status"), t("It is unlinked.")); showIdentities(); showActivity(); },
  );
  return row({
    main: item.provider,
    more: [item.email, item.issuer, t("linked {time}", { time: ago(item.linked_at) })].filter(Boolean).join(" · "),
    button: { label: t("Unlink"), of: item.provider, press },
  });
}

/** Let the links to providers begin a linking: the API, which knows who asks by the token, tells where to go. */
export function linkProviders() {
  for (const link of all("[data-link]")) link.addEventListener("click", (event) => {
    event.preventDefault();
    const path = `${IDENTITIES}/${encodeURIComponent(link.dataset.link)}`;
    prove((body) => call("POST", path, { body: { ...body, return_to: "/account" } }), (answer) => location.assign(answer.body.url));
  });
}

/** Do what may want a proof, and say why it was not done. */
async function prove(act, done) {
  const answer = await withProof(act);
  return answer.ok ? done(answer) : tell("identities", answer);
}

/** Show the applications with access. */
export async function showConsents() {
  const answer = await call("GET", CONSENTS);
  one("#consents-card").hidden = answer.status === 404;
  if (!answer.ok) return tell("consents", answer);
  return fill(one("#consents"), answer.body.consents.map(consentRow), t("No application has access."));
}

function consentRow(item) {
  const name = item.client;
  const press = async () => {
    const gone = await call("DELETE", `${CONSENTS}/${encodeURIComponent(item.consent_id || item.client_id)}`);
    if (!gone.ok) return tell("consents", gone);
    say(one("#consents-status"), t("{client} has no access any more.", { client: name }));
    return Promise.all([showConsents(), showActivity()]);
  };
  return row({
    main: name,
    more: t("may {rights} · since {time}", { rights: [item.may.join(t(", ")), ...item.resources.map(elsewhere)].filter(Boolean).join("; "), time: exactly(item.given_at) }),
    button: { label: t("Withdraw"), of: name, press },
  });
}

const elsewhere = ({ name, may }) => t("at {api}: {rights}", { api: name, rights: may.join(t(", ")) });

const tell = (name, answer) => say(one(`#${name}-status`), trouble(answer, answer.retryAfter) || answer.detail);
