// The peers of our HTTP endpoints: panva's oidc-provider in memory, and a guard of one's own with jose.
// Usage: node provider.mjs '{"jwksUri": …, "issuer": …, "audience": …}'; says where it listens and a token for userinfo.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';

const ours = JSON.parse(process.argv[2]);
const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}`)));

const key = { ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'rsa-1' };
const server = createServer();
const url = await listen(server);
const provider = new Provider(url, {
  clients: [{ client_id: 'robot', client_secret: 'a-secret-of-the-bench', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
  jwks: { keys: [key] },
  cookies: { keys: ['only for the bench'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'A Person', preferred_username: sub }) }),
  scopes: ['openid', 'profile', 'pangolins'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'https://api.example',
      getResourceServerInfo: () => ({ scope: 'pangolins', audience: 'https://api.example', accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: 'RS256' } } }),
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

const keys = createRemoteJWKSet(new URL(ours.jwksUri));
const guard = createServer(async (request, response) => {
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
console.log(JSON.stringify({ provider: url, guard: await listen(guard), userinfoToken }));
