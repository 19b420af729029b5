// Libraries without a server of their own: /NAME/login leads away, /NAME/callback tells what came of it.
import { createServer } from "node:http";
import { OAuth2Client as Badgateway, generateCodeVerifier } from "@badgateway/oauth2-client";
import { CodeChallengeMethod, OAuth2Client as Arctic, generateCodeVerifier as verifierOfArctic, generateState } from "arctic";
import { decodeJwt } from "jose";
import * as web from "oauth4webapi";
import { Issuer, generators } from "openid-client-5";
import { ClientCredentials } from "simple-oauth2";

const { ISSUER, PORT } = process.env;
const clients = JSON.parse(process.env.CLIENTS); // {NAME: {CLIENT_ID, CLIENT_SECRET}}
const called = (name) => `http://127.0.0.1:${PORT}/${name}/callback`;
const userinfo = async (token) =>
  (await fetch(`${ISSUER}/oauth/userinfo`, { headers: { Authorization: `Bearer ${token}` } })).json();
const scopes = ["openid", "profile", "email"];

const libraries = {
  arctic: ({ CLIENT_ID, CLIENT_SECRET }) => {
    const client = new Arctic(CLIENT_ID, CLIENT_SECRET, called("arctic"));
    const verifier = verifierOfArctic();
    return {
      login: () =>
        client.createAuthorizationURLWithPKCE(
          `${ISSUER}/oauth/authorize`, generateState(), CodeChallengeMethod.S256, verifier, scopes),
      callback: async (url) => {
        const endpoint = `${ISSUER}/oauth/token`;
        const tokens = await client.validateAuthorizationCode(endpoint, url.searchParams.get("code"), verifier);
        const after = await client.refreshAccessToken(endpoint, tokens.refreshToken(), []);
        const who = await userinfo(after.accessToken());
        await client.revokeToken(`${ISSUER}/oauth/revoke`, after.refreshToken());
        return { ...who, id: decodeJwt(tokens.idToken()).sub };
      },
    };
  },
  badgateway: ({ CLIENT_ID, CLIENT_SECRET }) => {
    const client = new Badgateway({ server: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET });
    let codeVerifier;
    return {
      login: async () => {
        codeVerifier = await generateCodeVerifier();
        return client.authorizationCode.getAuthorizeUri({
          redirectUri: called("badgateway"), state: "state", codeVerifier, scope: scopes });
      },
      callback: async (url) => {
        const tokens = await client.authorizationCode.getTokenFromCodeRedirect(url.href, {
          redirectUri: called("badgateway"), state: "state", codeVerifier });
        const after = await client.refreshToken(tokens);
        const who = await userinfo(after.accessToken);
        if (!(await client.introspect(after)).active) throw new Error("not active");
        await client.revoke(after);
        return who;
      },
    };
  },
  "openid-client-5": async ({ CLIENT_ID, CLIENT_SECRET }) => {
    const issuer = await Issuer.discover(ISSUER);
    const client = new issuer.Client({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    const code_verifier = generators.codeVerifier();
    const code_challenge = generators.codeChallenge(code_verifier);
    const back = called("openid-client-5");
    return {
      login: () =>
        new URL(client.authorizationUrl({
          redirect_uri: back, scope: scopes.join(" "), nonce: "nonce", code_challenge, code_challenge_method: "S256" })),
      callback: async (url) => {
        const params = client.callbackParams(url.pathname + url.search);
        const tokens = await client.callback(back, params, { code_verifier, nonce: "nonce" });
        const after = await client.refresh(tokens);
        const who = await client.userinfo(after);
        await client.revoke(after.refresh_token);
        return { ...who, id: tokens.claims().sub };
      },
    };
  },
  oauth4webapi: async ({ CLIENT_ID, CLIENT_SECRET }) => {
    const loopback = { [web.allowInsecureRequests]: true };
    const issuer = new URL(ISSUER);
    const server = await web.processDiscoveryResponse(issuer, await web.discoveryRequest(issuer, loopback));
    const client = { client_id: CLIENT_ID };
    const secret = web.ClientSecretBasic(CLIENT_SECRET);
    const verifier = web.generateRandomCodeVerifier();
    const back = called("oauth4webapi");
    return {
      login: async () => {
        const url = new URL(server.authorization_endpoint);
        const code_challenge = await web.calculatePKCECodeChallenge(verifier);
        url.search = new URLSearchParams({
          client_id: CLIENT_ID, redirect_uri: back, response_type: "code", scope: scopes.join(" "), state: "state",
          nonce: "nonce", code_challenge, code_challenge_method: "S256" });
        return url;
      },
      callback: async (url) => {
        const params = web.validateAuthResponse(server, client, url, "state");
        const answer = await web.authorizationCodeGrantRequest(server, client, secret, params, back, verifier, loopback);
        const tokens = await web.processAuthorizationCodeResponse(server, client, answer, {
          expectedNonce: "nonce", requireIdToken: true });
        const { sub } = web.getValidatedIdTokenClaims(tokens);
        const renewed = await web.refreshTokenGrantRequest(server, client, secret, tokens.refresh_token, loopback);
        const after = await web.processRefreshTokenResponse(server, client, renewed);
        const asked = await web.userInfoRequest(server, client, after.access_token, loopback);
        const who = await web.processUserInfoResponse(server, client, sub, asked);
        await web.processRevocationResponse(
          await web.revocationRequest(server, client, secret, after.refresh_token, loopback));
        return { ...who, id: sub };
      },
    };
  },
  "simple-oauth2": ({ CLIENT_ID, CLIENT_SECRET }) => {
    const client = new ClientCredentials({
      client: { id: CLIENT_ID, secret: CLIENT_SECRET }, auth: { tokenHost: ISSUER, tokenPath: "/oauth/token" } });
    return {
      callback: async () => {
        const { token } = await client.getToken({ scope: "pangolins" });
        const headers = { Authorization: `Bearer ${token.access_token}` };
        return (await fetch(`${ISSUER}/pangolins`, { headers })).json();
      },
    };
  },
};

const made = {};
createServer(async (request, response) => {
  const url = new URL(request.url, `http://127.0.0.1:${PORT}`);
  const [, name, act] = url.pathname.split("/");
  try {
    made[name] ??= await libraries[name](clients[name]);
    const answer = await made[name][act](url);
    if (typeof answer === "string" || answer instanceof URL) response.writeHead(303, { Location: String(answer) }).end();
    else response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(500).end(String(error.stack ?? error) + JSON.stringify(error));
  }
}).listen(PORT, "127.0.0.1");
