import "http://localhost:8000/cupbearer-elements.js";

const one = (selector) => document.querySelector(selector);
const cupbearer = one("cupbearer-user").client; // connect() of the library gives one without an element

cupbearer.onChange(({ state }) => (one("main").hidden = state !== "in"));
one("button").addEventListener("click", async () => {
  const answer = await cupbearer.fetch("http://localhost:8000/profile");
  one("output").textContent = (await answer.json()).name;
});
