// The footprint against every stack's plan: whatever makes pods has a row, and each row says what the plan says.
import { expect } from "chai";
import { podRequest, type WorkloadName, workloads } from "../../components/core/footprint.ts";
import { daemonSets, podGroups } from "../../config/capacity.ts";
import { resolvedSettings, stacks } from "../../config/resolve.ts";
import { podSettings } from "../support/capacity/settings.ts";
import { matchFootprint, type Source, sourcesOf } from "../support/capacity/sources.ts";
import { planOfStack } from "../support/plans.ts";

const today = new Date("2026-11-23T12:00:00Z");

describe("The footprint of the platform's own pods", () => {
  for (const stack of stacks) {
    describe(`of ${stack}`, () => {
      const settings = resolvedSettings(stack, today);
      let sources: Source[];

      before(async function () {
        this.timeout(60_000);
        sources = sourcesOf(await planOfStack(stack));
      });

      it("has a row for everything that makes pods, and no row without it", () => {
        const services = new Set(settings.services.map(({ name }) => name));
        const counted = [...daemonSets(settings), ...podGroups(settings, "minimum")]
          .map(({ workload }) => workload)
          .filter((name) => !services.has(name));
        const planned = matchFootprint(stack, sources).map(({ row }) => row);
        const pods = planned.filter((row) => workloads[row].kind !== "Sidecar");
        expect([...counted].sort()).to.deep.equal([...pods].sort());
      });

      it("says what the plan says: requests, limits, copies and how many the autoscaler may make", () => {
        const differences = matchFootprint(stack, sources).flatMap((match) => {
          const planned = podSettings(match, sources);
          const { row } = match;
          return [
            ...differ(row, "requests", planned.requests, requestOf(row)),
            ...differ(row, "replicas", planned.replicas, replicasOf(row, "minimum")),
            ...differ(
              row,
              "maximum",
              planned.maximumReplicas ?? planned.replicas,
              replicasOf(row, "maximum"),
            ),
          ];
        });
        expect(differences).to.deep.equal([]);
      });

      function requestOf(row: WorkloadName) {
        const { elasticsearch } = settings.data;
        if (row !== "elasticsearch") return podRequest(row, settings.context.environment);
        const { cpuMillis, memoryMiB } = elasticsearch;
        return { cpuMillis, memoryMiB, memoryLimitMiB: memoryMiB };
      }

      function replicasOf(row: WorkloadName, scale: "minimum" | "maximum") {
        return podGroups(settings, scale).find(({ workload }) => workload === row)?.count;
      }
    });
  }

  it("fails for a release that has no row", async () => {
    const release: Source = { id: "Release kyverno", kind: "Release", namespace: "kyverno", body: {} };
    expect(() => matchFootprint("production", [release])).to.throw(
      'production: Release kyverno (Release) may make pods that config/footprint.json does not count; give the rows of its pods "from": "Release kyverno", or, if it makes none, name it in "withoutPods"',
    );
  });

  it("fails for a custom resource of a kind that nobody has looked at", () => {
    const resource: Source = {
      id: "Kibana kibana",
      kind: "Kibana.kibana.k8s.elastic.co",
      namespace: "data",
      body: {},
    };
    expect(() => matchFootprint("production", [resource])).to.throw(
      "production: Kibana kibana (Kibana.kibana",
    );
  });
});

function differ(row: string, what: string, planned: unknown, counted: unknown): string[] {
  const [plan, footprint] = [JSON.stringify(planned), JSON.stringify(counted)];
  // An add-on of EKS brings its own requests; the plan does not say them.
  if (plan === footprint || (what === "requests" && planned === undefined)) return [];
  return [`${row}: ${what} in the plan ${plan}, in the footprint ${footprint}`];
}
