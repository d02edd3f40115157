/** One platform for all tests across services: it takes half a minute to start. Each test makes its own objects. */
import { after, before } from "mocha";
import type { Marketplace } from "../../../services/dev/marketplace.ts";
import { type Platform, startPlatform } from "../../../services/dev/platform/platform.ts";

let platform: Platform | undefined;

before("start engines and services", async function () {
  this.timeout(300_000);
  platform = await startPlatform({ say: (line) => console.log(`    ${line}`) });
});

after("stop engines and services", async function () {
  this.timeout(120_000);
  await platform?.stop();
});

export function running(): Platform {
  if (platform === undefined) throw new Error("the platform is not running: its start failed before");
  return platform;
}

const names = ["publishing", "discovery", "consumption", "admin"] as const;
export type ServiceName = (typeof names)[number];
export const serviceNames: readonly ServiceName[] = names;

export function marketplace(): Marketplace {
  const { service, token } = running();
  return { urls: Object.fromEntries(names.map((name) => [name, service(name).url])), token };
}

export function address(service: ServiceName): string {
  return running().service(service).url;
}
