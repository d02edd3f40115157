/** Ports on loopback that nothing listens on. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

export const loopback = "127.0.0.1";

/** Below the range from which outgoing connections take theirs, so that none of these takes one in between. */
const [first, last] = [20_000, 32_000];

/** Whether nothing listens on the port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen({ host: loopback, port, exclusive: true }, () => server.close(() => done(true)));
  });
}

/** Different free ports, taken at random, so that instances that start at once rarely meet. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > 1000) throw new Error(`no ${count} free ports on ${loopback} between ${first} and ${last}`);
    const port = randomInt(first, last);
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}
