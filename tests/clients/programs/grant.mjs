import express from "express";
import session from "express-session";
import grant from "grant";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, COOKIE_SECRET } = process.env;
const app = express();
app.use(session({ secret: COOKIE_SECRET, resave: false, saveUninitialized: false }));
app.use(
  grant.express({
    defaults: { origin: `http://127.0.0.1:${PORT}`, transport: "session" },
    cupbearer: {
      authorize_url: `${ISSUER}/oauth/authorize`,
      access_url: `${ISSUER}/oauth/token`,
      profile_url: `${ISSUER}/oauth/userinfo`,
      oauth: 2,
      key: CLIENT_ID,
      secret: CLIENT_SECRET,
      scope: ["openid", "profile", "email"],
      scope_delimiter: " ",
      response: ["tokens", "profile"],
      callback: "/",
      pkce: true,
    },
  }),
);
app.get("/", (request, response) => response.json(request.session.grant?.response ?? null));
app.listen(PORT, "127.0.0.1");
