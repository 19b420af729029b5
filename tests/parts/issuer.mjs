// A certified OpenID provider (panva's oidc-provider) as an outside issuer on loopback.
// Usage: node issuer.mjs '{"port": 4000, "clients": [...], "audience": "...", "scopes": "...", "features": [...]}'; says "ready" when it is.
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const { port, clients, audience, scopes, features } = JSON.parse(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;

const key = (type, options, extra) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  ...extra,
});

const claims = (sub) => ({
  sub,
  email: `${sub.replace('unverified-', '')}@example.com`,
  email_verified: !sub.startsWith('unverified-'),
  preferred_username: sub,
  name: `${sub} of elsewhere`,
});

const provider = new Provider(issuer, {
  clients,
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, { alg: 'RS256', kid: 'rsa-1' }),
      key('ec', { namedCurve: 'P-256' }, { alg: 'ES256', kid: 'ec-1' }),
    ],
  },
  claims: {
    openid: ['sub'],
    email: ['email', 'email_verified'],
    profile: ['name', 'preferred_username'],
  },
  cookies: { keys: ['only for tests'] },
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => claims(sub) }),
  pkce: { required: () => true },
  scopes: ['openid', 'offline_access', ...scopes.split(' ')],
  features: {
    ...Object.fromEntries(features.map((name) => [name, { enabled: true }])),
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => (client.grantTypeAllowed('client_credentials') ? audience : undefined),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: scopes,
        audience,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  ttl: { AccessToken: 600, IdToken: 600, Session: 600, Interaction: 600, Grant: 600, ClientCredentials: 600 },
});

provider.listen(port, '127.0.0.1', () => console.log('ready'));
