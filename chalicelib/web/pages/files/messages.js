// The board: the newest messages, and a place to write one that keeps what you typed whatever happens.

import { copyOf, countdown, one, say } from "./dom.js";
import { enhance, showError } from "./forms.js";
import { call, current } from "./session.js";
import { t, tn } from "./texts.js";
import { ago, exactly, trouble } from "./words.js";
import { send } from "./wire.js";

const MOST = 500;
let stop = () => {};
let posts = 0; // how many were posted here: a list that was asked for before lacks the last

export function showMessages() {
  const form = one("#post");
  enhance(form, {
    check: ({ text }) => wrong(text),
    submit: ({ text }) => call("POST", "/messages", { body: { text } }),
    done: posted,
    special: (answer) => (answer.status === 401 ? { field: "text", sentence: t("Log in to post this: your words stay here.") } : null),
  });
  form.addEventListener("input", count);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  addEventListener("online", load);
  count();
  return load();
}

const tooLong = (count) => t("This is {count} too long: a message has at most {most} characters.", { count, most: MOST });

const length = (text) => [...text.trim()].length;

function wrong(text) {
  if (!length(text)) return { text: t("Write a word or two first.") };
  if (length(text) > MOST) return { text: tooLong(length(text) - MOST) };
  if (current().state !== "in") return { text: t("Log in to post this: your words stay here.") };
  return {};
}

function count() {
  const form = one("#post");
  const left = MOST - length(form.elements.text.value);
  const counter = one("#text-left");
  say(counter, left < 0 ? t("{count} too many", { count: -left }) : tn("{count} character left", "{count} characters left", left));
  counter.toggleAttribute("data-over", left < 0);
  if (left < 0) showError(form, "text", tooLong(-left));
}

function posted(answer) {
  posts += 1;
  one("#post").reset();
  count();
  one("#messages").prepend(item(answer.body.message));
  one("#empty").hidden = true;
  say(one("#text-status"), t("Posted."));
}

/** Fetch the messages; where that fails, say so and try again when it makes sense. */
export async function load() {
  stop();
  const known = posts;
  const answer = await send("GET", "/messages");
  const place = one("#messages-trouble");
  if (!answer.ok) {
    if (answer.retryAfter) stop = countdown(answer.retryAfter, (left) => say(place, trouble(answer, left), { hide: true }), load);
    else say(place, trouble(answer), { hide: true });
    return undefined;
  }
  say(place, "", { hide: true });
  if (posts !== known) return load();
  const { messages } = answer.body;
  one("#messages").replaceChildren(...messages.map(item));
  one("#empty").hidden = messages.length > 0;
  return undefined;
}

function item(message) {
  const row = copyOf("message-template");
  say(one(".face", row), [...(message.author ?? "?")][0].toUpperCase());
  say(one("strong", row), message.author ?? t("Somebody, some time ago"));
  say(one(".text", row), message.text);
  const time = one("time", row);
  say(time, ago(message.created_at));
  time.dateTime = new Date(message.created_at * 1000).toISOString();
  time.title = exactly(message.created_at);
  return row;
}
