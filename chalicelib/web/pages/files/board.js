// The board's page: everything is shown at once when it is known, so that nothing moves under the reader.

import { ISSUER, all, countdown, one, peeks, say } from "./dom.js";
import { showDoors } from "./doors.js";
import { showMessages } from "./messages.js";
import { current, start, watch } from "./session.js";
import { t } from "./texts.js";
import { trouble } from "./words.js";
import { showYou, youAreShown } from "./you.js";

const PATIENCE = 3000; // milliseconds that the page waits for messages before it shows itself without

async function begin() {
  const refused = await start();
  if (!refused) return say(one("#trouble"), "", { hide: true });
  const place = one("#trouble");
  if (refused.code === "foreign_origin") return say(place, t("This page was opened at {origin}, but the service lives at {issuer}: open it there.", { origin: location.origin, issuer: ISSUER }), { hide: true });
  if (refused.retryAfter) return countdown(refused.retryAfter, (left) => say(place, trouble(refused, left), { hide: true }), begin);
  addEventListener("online", begin, { once: true });
  return say(place, trouble(refused) || refused.detail, { hide: true });
}

peeks();
showYou();
showDoors();
const loaded = Promise.race([showMessages(), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
await Promise.all([begin().then(youAreShown), loaded]);
one("#waiting").remove();
for (const section of all("[data-reveal]")) section.hidden = false;
document.documentElement.dataset.ready = current().state;
watch(({ state }) => { document.documentElement.dataset.ready = state; });
