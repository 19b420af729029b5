// What happened to the account, in words, newest first, a page at a time.

import { offer, one } from "./dom.js";
import { row } from "./rows.js";
import { call } from "./session.js";
import { t } from "./texts.js";
import { ago, device, exactly } from "./words.js";

const AT_ONCE = 15;

/** Show the newest events; the button fetches older ones. */
export async function showActivity() {
  await page(null, (list, rows) => list.replaceChildren(...rows));
}

async function page(cursor, put) {
  const query = `limit=${AT_ONCE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`;
  const answer = await call("GET", `/users/me/activity?${query}`);
  if (!answer.ok) return;
  put(one("#activity"), answer.body.events.map(eventRow));
  const older = one("#older");
  offer(older, answer.body.next_cursor);
  older.onclick = () => page(answer.body.next_cursor, (list, rows) => list.append(...rows));
}

function eventRow(event) {
  const who = event.actor === "you" ? "" : t("by whoever runs this service");
  const where = [event.user_agent && device(event.user_agent), event.ip].filter(Boolean).join(t(", "));
  return row({
    main: event.says,
    more: [...event.more, who, where, t("{ago} ({time})", { ago: ago(event.at), time: exactly(event.at) })].filter(Boolean).join(" · "),
  });
}
