// Rows of the account's lists: what it is, more about it, and perhaps a button that ends it.

import { copyOf, focusOn, one, say } from "./dom.js";

/** Return a row. `button` is `{label, of, press}`: `of` completes the label for those who hear it alone. */
export function row({ main, more = "", button = null }) {
  const element = copyOf("row-template");
  say(one("[data-main]", element), main);
  say(one("[data-more]", element), more);
  if (button) addButton(one("button", element), button);
  return element;
}

function addButton(element, { label, of, press }) {
  element.hidden = false;
  element.textContent = label;
  element.setAttribute("aria-label", `${label}: ${of}`);
  element.addEventListener("click", async () => {
    if (element.getAttribute("aria-disabled") === "true") return;
    element.setAttribute("aria-disabled", "true");
    await press();
    element.removeAttribute("aria-disabled");
  });
}

/** Fill a list with rows and say `none` where there are none. Whoever pressed a button in it is left at its heading. */
export function fill(list, rows, none) {
  const held = list.contains(document.activeElement);
  list.replaceChildren(...rows);
  if (held) focusOn(one("h2", list.closest("section")));
  if (rows.length || !none) return;
  const empty = document.createElement("li");
  empty.className = "soft";
  empty.textContent = none;
  list.append(empty);
}
