// Two custom elements on top of the library: <cupbearer-user> says who is logged in, <cupbearer-log-in> lets them in.

import { CupbearerLogIn } from "./log_in.js";
import { CupbearerUser } from "./user.js";

const TAGS = { "cupbearer-user": CupbearerUser, "cupbearer-log-in": CupbearerLogIn };

for (const [tag, kind] of Object.entries(TAGS)) if (!customElements.get(tag)) customElements.define(tag, kind);

export { CupbearerLogIn, CupbearerUser };
