/** Answers Prometheus' instant queries with one number, which the test chooses by the query. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { loopback } from "../../../services/dev/engines/ports.ts";

export class FakePrometheus {
  /** Queries that were asked. */
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor(answer: (query: string) => number) {
    this.#server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        const query = new URLSearchParams(body || request.url?.split("?")[1]).get("query") ?? "";
        this.asked.push(query);
        const value = [Date.now() / 1000, String(answer(query))];
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            status: "success",
            data: { resultType: "vector", result: [{ metric: {}, value }] },
          }),
        );
      });
    });
  }

  static async start(answer: (query: string) => number): Promise<FakePrometheus> {
    const fake = new FakePrometheus(answer);
    await new Promise<void>((done) => fake.#server.listen(0, loopback, done));
    return fake;
  }

  get url(): string {
    return `http://${loopback}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
