// The peers of our HTTP endpoints: panva's oidc-provider in memory, and a guard of one's own with jose.
// Usage: node provider.mjs '{"jwksUri": …, "issuer": …, "audience": …}'; says where it listens a token for userinfo and a refresh token.
import { createServer } from 'node:http';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';

const ours = JSON.parse(process.argv[2]);
const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)));

const RESOURCE = 'https://api.example';
const CALLBACK = 'https://app.example/callback';
const CHALLENGE = createHash('sha256').update('only-for-the-bench-only-for-the-bench-only-for-the-bench').digest('base64url');
const SCOPE = 'openid profile offline_access pangolins';

// What the provider keeps: all of it. Its own memory adapter forgets beyond a thousand, grants that are still in use among them.
const kept = new Map();
const grants = new Map();
class Adapter {
  constructor(model) { this.model = model; }
  name(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) {
    kept.set(this.name(id), payload);
    if (payload.grantId) grants.set(payload.grantId, [...(grants.get(payload.grantId) ?? []).slice(-8), this.name(id)]);
  }
  async find(id) { return kept.get(this.name(id)); }
  async consume(id) { kept.get(this.name(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.name(id)); }
  async revokeByGrantId(id) { for (const name of grants.get(id) ?? []) kept.delete(name); grants.delete(id); }
}

const key = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'rsa-1' };
const server = createServer();
const url = await listen(server);
const provider = new Provider(url, {
  adapter: Adapter,
  clients: [
    { client_id: 'robot', client_secret: 'a-secret-of-the-bench', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    { client_id: 'web', client_secret: 'a-secret-of-the-bench', grant_types: ['authorization_code', 'refresh_token'], redirect_uris: [CALLBACK] },
  ],
  jwks: { keys: [key] },
  cookies: { keys: ['only for the bench'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'A Person', preferred_username: sub }) }),
  scopes: ['openid', 'profile', 'offline_access', 'pangolins'],
  rotateRefreshToken: true, // as ours does
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: 'pangolins', audience: RESOURCE, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } }),
    },
  },
});
server.on('request', provider.callback());

const grant = new provider.Grant({ accountId: 'somebody', clientId: 'robot' });
grant.addOIDCScope('openid profile');
const client = await provider.Client.find('robot');
const userinfoToken = await new provider.AccessToken({
  accountId: 'somebody', client, grantId: await grant.save(), scope: 'openid profile', gty: 'authorization_code', expiresWithSession: false,
}).save();

// What a person agreed to at the client "web": codes and one refresh token, of 200 people, as ours has.
const web = await provider.Client.find('web');
const agreed = [];
for (let n = 0; n < 200; n += 1) {
  const given = new provider.Grant({ accountId: `person-${n}`, clientId: 'web' });
  given.addOIDCScope('openid profile offline_access');
  given.addResourceScope(RESOURCE, 'pangolins');
  agreed.push({ accountId: `person-${n}`, client: web, grantId: await given.save(), scope: SCOPE, resource: RESOURCE, authTime: Math.floor(Date.now() / 1000), expiresWithSession: false });
}
let turn = 0;
const code = (n) => new provider.AuthorizationCode({ ...agreed[n % agreed.length], gty: 'authorization_code', redirectUri: CALLBACK, codeChallenge: CHALLENGE, codeChallengeMethod: 'S256', nonce: 'bench' }).save();
const refreshToken = await new provider.RefreshToken({ ...agreed[0], gty: 'authorization_code', rotations: 0 }).save();

const keys = createRemoteJWKSet(new URL(ours.jwksUri));
const guard = createServer(async (request, response) => {
  const wanted = /^\/codes\/(\d+)$/.exec(request.url);
  if (wanted) {
    response.writeHead(200).end(JSON.stringify(await Promise.all(Array.from({ length: Number(wanted[1]) }, () => code(turn++)))));
    return;
  }
  try {
    const { payload } = await jwtVerify((request.headers.authorization ?? '').replace(/^Bearer /, ''), keys, {
      issuer: ours.issuer, audience: ours.audience, typ: 'at+jwt', algorithms: ['RS256'],
    });
    if (!payload.scope.split(' ').includes('pangolins')) throw new Error('scope');
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ pangolins: [] }));
  } catch {
    response.writeHead(401).end();
  }
});
console.log(JSON.stringify({ provider: url, guard: await listen(guard), userinfoToken, refreshToken }));
