import express from "express";
import session from "express-session";
import passport from "passport";
import Strategy from "passport-oauth2";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, COOKIE_SECRET } = process.env;
const strategy = new Strategy(
  {
    authorizationURL: `${ISSUER}/oauth/authorize`,
    tokenURL: `${ISSUER}/oauth/token`,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    callbackURL: `http://127.0.0.1:${PORT}/callback`,
    scope: ["openid", "profile", "email"],
    pkce: true, state: true,
  },
  (token, refreshToken, profile, done) => done(null, { token }),
);
passport.use(strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const app = express();
app.use(session({ secret: COOKIE_SECRET, resave: false, saveUninitialized: false }), passport.session());
app.get(["/login", "/callback"], passport.authenticate("oauth2", { successRedirect: "/" }));
app.get("/", async (request, response) => {
  const headers = { Authorization: `Bearer ${request.user.token}` };
  response.json(await (await fetch(`${ISSUER}/oauth/userinfo`, { headers })).json());
});
app.listen(PORT, "127.0.0.1");
