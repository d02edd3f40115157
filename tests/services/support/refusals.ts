/** Stores that refuse a service, or that a service refuses, and what the service must do then. */
import { expect } from "chai";
import { call, eventually } from "../../../services/dev/client.ts";
import type { ServiceProcess } from "../../../services/dev/platform/service-process.ts";
import type { SecurePlatform } from "./secure-platform.ts";

export type ServiceName = "publishing" | "discovery" | "consumption" | "admin";

/** The stores of each service, and whether it is not ready without them. */
const needs: Readonly<Record<ServiceName, Readonly<Record<string, boolean>>>> = {
  publishing: { postgres: true, kafka: false },
  discovery: { elasticsearch: true, redis: false, kafka: false },
  consumption: { redis: true, kafka: false },
  admin: { postgres: true, kafka: false },
};

export interface Refusal {
  readonly title: string;
  /** Of a service's variables those that are wrong. */
  readonly change: (
    environment: Readonly<Record<string, string>>,
    platform: SecurePlatform,
  ) => Record<string, string>;
  /** What the log must say, of every store or of one. */
  readonly reason: RegExp | Readonly<Record<string, RegExp>>;
}

/** The variables whose names match, with another value. */
function replaced(
  environment: Readonly<Record<string, string>>,
  names: RegExp,
  value: (old: string) => string,
): Record<string, string> {
  const found = Object.entries(environment).filter(([name]) => names.test(name));
  return Object.fromEntries(found.map(([name, old]) => [name, value(old)]));
}

export const refusals: readonly Refusal[] = [
  {
    title: "every password is wrong",
    change: (environment) => replaced(environment, /_PASSWORD$/, () => "another-password"),
    reason: {
      postgres: /password authentication failed/,
      redis: /WRONGPASS|Password authentication failed/,
      elasticsearch: /status 401|unable to authenticate/,
      kafka: /[Ii]nvalid credentials|authentication failed/,
    },
  },
  {
    title: "every root certificate is another's",
    change: (environment, { stranger }) => replaced(environment, /_CA_FILE$/, () => stranger.caFile),
    reason: /certificate|UnknownIssuer/,
  },
  {
    title: "no certificate is for the host's name",
    // The engines' certificates are for `localhost`.
    change: (environment) =>
      replaced(environment, /(DATABASE|REDIS|ELASTICSEARCH)_HOST$|_SERVERS$|_SENTINEL_HOSTS$/, (old) =>
        old.replaceAll("localhost", "127.0.0.1"),
      ),
    // librdkafka says of any certificate that it does not take that it could not be verified.
    reason: /[Hh]ost ?name|altnames|IP address|IP SANs|not valid for name|certificate could not be verified/,
  },
];

/** How a line of the log says that it is of a store. */
const words: Readonly<Record<string, RegExp>> = {
  postgres: /postgres|database|schema/i,
  redis: /redis/i,
  elasticsearch: /elasticsearch|the index/i,
  // aiokafka names the broker by its address alone.
  kafka: /kafka|Unable connect to/i,
};

/** It lives, answers, is not ready without what it needs, and has told each reason on lines of their own. */
export async function expectRefused(
  name: ServiceName,
  service: ServiceProcess,
  { reason }: Refusal,
): Promise<void> {
  const known = await eventually(
    `${name} knowing its stores`,
    async () => {
      const { status, state } = await dependencies(service);
      const lines = service.lines.map(parsed);
      const told = Object.keys(needs[name]).every((store) => {
        const expected = reason instanceof RegExp ? reason : (reason[store] as RegExp);
        return (
          lines.some(({ message }) => message === `${store} is down`) &&
          lines.some(
            ({ level, text }) =>
              /warn|error/.test(level) && words[store]?.test(text) === true && expected.test(text),
          )
        );
      });
      if (!told) throw new Error(service.lines.join("\n"));
      return { status, state };
    },
    60,
  );
  const down = Object.keys(needs[name]).map((store) => [store, "down"]);
  expect(known.state, name).to.include(Object.fromEntries(down));
  expect(known.status, name).to.equal(503);
  expect((await call(service.url, "GET", "/healthz")).status, name).to.equal(200);
  expect(service.running, name).to.equal(true);
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly text: string;
}

/** A line of the log. Throws where it is not the one JSON object that the contract wants. */
function parsed(text: string): LogLine {
  const { level, message } = JSON.parse(text) as { level: string; message: string };
  return { level, message, text };
}

/** What `/readyz` answers. */
export async function dependencies(
  service: ServiceProcess,
): Promise<{ status: number; state: Record<string, string> }> {
  const { status, body } = await call(service.url, "GET", "/readyz");
  return { status, state: body?.dependencies ?? {} };
}
