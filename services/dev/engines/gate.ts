/** HTTPS with user and password in front of an engine whose libraries have neither: what Elasticsearch's security is to clients. */
import { readFileSync } from "node:fs";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type Security, secureHost } from "./engine.ts";

export interface Gate {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Lets the users of `security` through to `port`; answers everybody else as Elasticsearch does. */
export async function startGate(name: string, port: number, security: Security): Promise<Gate> {
  const { certFile, keyFile } = security.authority.issue(name, [secureHost]);
  const users = new Set(
    security.users.map(
      (user) => `Basic ${Buffer.from(`${user}:${security.password(user)}`).toString("base64")}`,
    ),
  );
  const server = createServer(
    { cert: readFileSync(certFile), key: readFileSync(keyFile) },
    (asked, answer) => {
      if (users.has(asked.headers.authorization ?? "")) pass(asked, answer, port);
      else refuse(answer);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(asked: IncomingMessage, answer: ServerResponse, port: number): void {
  const { method, url, headers } = asked;
  const through = request({ host: "127.0.0.1", port, method, path: url, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  through.once("error", () => answer.destroy());
  asked.pipe(through);
}

function refuse(answer: ServerResponse): void {
  const reason = "unable to authenticate user for REST request";
  answer
    .writeHead(401, {
      "content-type": "application/json",
      "www-authenticate": 'Basic realm="security" charset="UTF-8"',
      "x-elastic-product": "Elasticsearch",
    })
    .end(JSON.stringify({ error: { type: "security_exception", reason }, status: 401 }));
}
