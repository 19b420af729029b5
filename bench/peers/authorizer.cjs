// The peer: an API Gateway TOKEN authorizer on jsonwebtoken and jwks-rsa, with the same verdict as ours.
"use strict";
const { createPublicKey } = require("node:crypto");
const readline = require("node:readline");
const jwt = require("jsonwebtoken");
const jwksRsa = require("jwks-rsa");

const config = JSON.parse(process.env.PEER_CONFIG); // {jwksUri, issuer, audience, routes}
const keys = jwksRsa({ jwksUri: config.jwksUri, cache: true, cacheMaxAge: 300000, rateLimit: true });
const policies = new Map(); // by prefix and scopes, as ours remembers its decisions

async function authorize(event) {
  const match = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(event.authorizationToken);
  if (!match) throw new Error("Unauthorized");
  const token = match[1];
  const head = jwt.decode(token, { complete: true });
  if (!head || head.header.typ !== "at+jwt") throw new Error("Unauthorized");
  const claims = jwt.verify(token, await publicKey(head.header.kid), {
    algorithms: ["RS256"], issuer: config.issuer, audience: config.audience, clockTolerance: 60,
  });
  for (const name of ["sub", "client_id", "jti", "scope"]) {
    if (typeof claims[name] !== "string" || !claims[name]) throw new Error("Unauthorized");
  }
  const own = claims.client_id === "cupbearer" && claims.sid !== undefined;
  return {
    principalId: claims.sub,
    policyDocument: policy(event.methodArn, own, claims.scope),
    context: {
      sub: claims.sub, scope: claims.scope, client_id: claims.client_id, sid: claims.sid ?? "",
      exp: String(claims.exp), iss: claims.iss,
    },
  };
}

const objects = new Map(); // with PEER_TUNED: the key as OpenSSL has it, made once
async function publicKey(kid) {
  const pem = (await keys.getSigningKey(kid)).getPublicKey();
  if (!process.env.PEER_TUNED) return pem; // as the documentation of both packages shows it
  if (!objects.has(pem)) objects.set(pem, createPublicKey(pem));
  return objects.get(pem);
}

function policy(methodArn, own, scope) {
  const prefix = methodArn.split("/").slice(0, 2).join("/") + "/";
  const known = policies.get(`${prefix} ${own} ${scope}`);
  if (known) return known;
  const held = new Set(scope.split(" "));
  const opens = (route) => (route.caller === "token" || own) && (!route.scope || held.has(route.scope));
  const opened = config.routes.filter(opens);
  const denied = config.routes.filter((r) => !opens(r) && r.reachedBy.some((i) => opens(config.routes[i])));
  const statement = (Effect, routes) => ({
    Action: "execute-api:Invoke", Effect, Resource: routes.flatMap((r) => r.ends.map((end) => prefix + end)),
  });
  const made = { Version: "2012-10-17", Statement: [statement("Allow", opened)] };
  if (denied.length) made.Statement.push(statement("Deny", denied));
  policies.set(`${prefix} ${own} ${scope}`, made);
  return made;
}

async function batch(events) {
  const started = process.cpuUsage();
  for (const event of events) await authorize(event);
  const spent = process.cpuUsage(started);
  return (spent.user + spent.system) / 1e6 / events.length;
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    const answer = asked.verdict ? await authorize(asked.verdict) : await batch(asked.events);
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

const cold = process.env.PEER_EVENT; // a cold start: one verdict, and out
if (cold) authorize(JSON.parse(cold)).then((answer) => process.stdout.write(JSON.stringify(answer) + "\n"));
else serve();
