// An agent on the official TypeScript SDK, as it comes: reads what to do from its standard input, a line of JSON each.
// {"begin": {"client_id"?, "document"?}} makes it one that knows nothing else; {"tool", "arguments", "later"} calls a tool.
// MCP_SDK names the package: one of version 1 (@modelcontextprotocol/sdk, two releases of it) or of version 2.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const sdk = process.env.MCP_SDK;
const isOld = sdk !== "@modelcontextprotocol/client";
const { Client } = await import(isOld ? `${sdk}/client/index.js` : sdk);
const { StreamableHTTPClientTransport } = await import(isOld ? `${sdk}/client/streamableHttp.js` : sdk);
const { UnauthorizedError } = await import(isOld ? `${sdk}/client/auth.js` : sdk);

const say = (what) => console.log(JSON.stringify(what));
const url = new URL(process.env.MCP_SERVER);

// Where the browser comes back to.
const came = [];
let wake = () => {};
const listener = createServer((request, response) => {
  came.push(new URL(request.url, "http://localhost").searchParams);
  response.end("done");
  wake();
});
await new Promise((done) => listener.listen(0, "127.0.0.1", done));
const redirectUrl = `http://localhost:${listener.address().port}/callback`;

async function answer() {
  while (!came.length) await new Promise((done) => (wake = done));
  return came.shift();
}

// What an application keeps. One with an id was registered beforehand.
class Provider {
  constructor({ client_id, document }) {
    this.kept = client_id ? { client: { client_id } } : {};
    this.clientMetadataUrl = document;
  }
  redirectUrl = redirectUrl;
  clientMetadata = {
    client_name: "Agent",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
  };
  clientInformation = () => this.kept.client;
  saveClientInformation = (client) => void (this.kept.client = client);
  tokens = () => this.kept.tokens;
  saveTokens = (tokens) => void (this.kept.tokens = tokens);
  saveCodeVerifier = (verifier) => void (this.kept.verifier = verifier);
  codeVerifier = () => this.kept.verifier;
  discoveryState = () => this.kept.discovery;
  saveDiscoveryState = (discovery) => void (this.kept.discovery = discovery);
  redirectToAuthorization = (to) => say({ open: String(to) });
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "tokens") delete this.kept.tokens;
    if (scope === "all" || scope === "client") delete this.kept.client;
    if (scope === "all" || scope === "discovery") delete this.kept.discovery;
  }
}

// Connect, call one tool and return what it says; where the person is asked, go on with the answer.
async function call(provider, name, args) {
  for (;;) {
    const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
    const client = new Client({ name: "agent", version: "1" });
    try {
      await client.connect(transport);
      return await client.callTool({ name, arguments: args });
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        const params = await answer();
        if (params.has("error")) throw new Error(params.get("error"));
        await transport.finishAuth(isOld ? params.get("code") : params);
      } else if (isOld && error.code === 403 && provider.kept.tokens.refresh_token) {
        delete provider.kept.tokens.refresh_token; // version 1 renews the token in place of asking for more
      } else throw error;
    } finally {
      await client.close();
    }
  }
}

let provider;
for await (const line of createInterface({ input: process.stdin })) {
  const todo = JSON.parse(line);
  if (todo.begin) {
    provider = new Provider(todo.begin);
    continue;
  }
  if (todo.later) provider.kept.tokens.access_token += "x"; // it looks at no clock: it waits until the server refuses
  try {
    const { content } = await call(provider, todo.tool, todo.arguments ?? {});
    say({ says: content.map((each) => each.text) });
  } catch (error) {
    say({ failed: `${error.name}: ${error.message}` });
  }
}
