/** The API server over HTTPS with the test's own token and authority: JSON in, JSON out, many requests at once. */
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import { loopback } from "../../../services/dev/engines/ports.ts";

/** Any Kubernetes object, as it is written. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read the fields of many kinds
  readonly [key: string]: any;
}

/** What the API server refused, in its own words. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(method: string, path: string, status: number, body: string) {
    const answer = parse(body) as { message?: string; reason?: string } | undefined;
    super(answer?.message ?? `${method} ${path}: ${status} ${body.slice(0, 500)}`);
    this.status = status;
    this.reason = answer?.reason ?? "";
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RequestOptions {
  /** Of the body; `application/json`, and for PATCH `application/merge-patch+json`. */
  readonly contentType?: string;
  readonly timeoutSeconds?: number;
}

/** Requests at once; the API server answers faster than it is asked well beyond this. */
const connections = 16;

export class Client {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #token: string;

  constructor(port: number, token: string, authorityFile: string) {
    this.#port = port;
    this.#token = token;
    this.#agent = new Agent({ ca: readFileSync(authorityFile), keepAlive: true, maxSockets: connections });
  }

  /** Throws `ApiError` for every answer that is not a success. */
  async request<Answer = KubernetesObject>(
    method: Method,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const { status, text } = await this.#send(method, path, body, options);
    if (status < 200 || status > 299) throw new ApiError(method, path, status, text);
    return (parse(text) ?? text) as Answer;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: Method, path: string, body: unknown, options: RequestOptions) {
    const content = body === undefined ? undefined : JSON.stringify(body);
    const type =
      options.contentType ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json");
    return new Promise<{ status: number; text: string }>((done, fail) => {
      const sent = httpsRequest(
        {
          host: loopback,
          port: this.#port,
          agent: this.#agent,
          method,
          path,
          timeout: (options.timeoutSeconds ?? 60) * 1000,
          headers: {
            authorization: `Bearer ${this.#token}`,
            accept: "application/json",
            ...(content === undefined
              ? {}
              : { "content-type": type, "content-length": Buffer.byteLength(content) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", fail);
          response.on("end", () =>
            done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer in time`)));
      sent.on("error", fail);
      sent.end(content);
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
