// Covers how many replicas a service gets in a stack: its override, the stack's number for all others, the catalogue's.
import { expect } from "chai";
import { replicasOf } from "../../../config/replicas.ts";
import type { PlatformConfig } from "../../../config/schema/platform.ts";
import { catalog, type ServiceDefinition } from "../../../services/catalog.ts";

const consumption = catalog.find(({ name }) => name === "consumption") as ServiceDefinition;
const added: ServiceDefinition = { ...consumption, name: "billing" };

/** Only the part that is read. */
const config = (services: Partial<PlatformConfig["services"]>) =>
  ({ services: { version: "1", overrides: {}, ...services } }) as PlatformConfig;

describe("replicas of a service", () => {
  it("are the catalogue's where the stack says nothing", () => {
    expect(replicasOf(config({}), consumption)).to.deep.equal({ minReplicas: 10, maxReplicas: 200 });
  });

  it("are the stack's small numbers where a service was added and not named", () => {
    const small = config({ others: { minReplicas: 1, maxReplicas: 2 } });
    expect(replicasOf(small, added)).to.deep.equal({ minReplicas: 1, maxReplicas: 2 });
  });

  it("are the service's own where it is named", () => {
    const named = config({
      others: { minReplicas: 1, maxReplicas: 2 },
      overrides: { billing: { maxReplicas: 7 } },
    });
    expect(replicasOf(named, added)).to.deep.equal({ minReplicas: 1, maxReplicas: 7 });
  });
});
