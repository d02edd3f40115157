/** Ports of loopback for servers that tests and `make dev` start. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

export const loopback = "127.0.0.1";

/** Below the range from which outgoing connections take theirs, so that none of these takes one in between. */
const [first, last] = [20_000, 32_000];
/** What this process gave away: a server that starts slowly has not taken its port yet. */
const given = new Set<number>();

/** Different ports that nobody listens on, taken at random, so that processes that start at once rarely meet. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count; tries += 1) {
    if (tries > 1000) throw new Error(`no ${count} free ports on ${loopback} between ${first} and ${last}`);
    const port = randomInt(first, last);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port, loopback)) found.push(port);
  }
  return found;
}

/** Which of the ports somebody listens on, at whatever address of this machine. */
export async function busyPorts(ports: readonly number[]): Promise<number[]> {
  const free = await Promise.all(ports.map((port) => isFree(port)));
  return ports.filter((_, index) => !free[index]);
}

function isFree(port: number, host?: string): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once("error", () => done(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)));
  });
}
