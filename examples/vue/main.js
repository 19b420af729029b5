import { createApp, h, ref, shallowRef } from "./node_modules/vue/dist/vue.runtime.esm-browser.prod.js";
import { connect } from "http://localhost:8000/cupbearer.js";
import "http://localhost:8000/cupbearer-elements.js";

const cupbearer = connect({ clientId: "CLIENT_ID", scope: "openid profile get:profile", postLogoutRedirectUri: `${location.origin}/` });

function useSession() {
  const session = shallowRef(cupbearer.session);
  cupbearer.onChange((now) => (session.value = now));
  return session;
}

const Profile = {
  setup() {
    const name = ref("");
    const ask = async () => {
      const answer = await cupbearer.fetch("http://localhost:8000/profile");
      name.value = (await answer.json()).name;
    };
    return () => h("main", [h("button", { onClick: ask }, "Ask the API"), " ", h("output", name.value)]);
  },
};

function setup() {
  const session = useSession();
  return () => [h("h1", "My app"), h("cupbearer-user", { client: cupbearer }), session.value.state === "in" && h(Profile)];
}

createApp({ setup }).mount("#app");
