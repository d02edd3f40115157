/** Who owns what: tags in the cloud, labels in Kubernetes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isKubernetesObject } from "../../../cli/plan/graph.ts";
import { root } from "../cli.ts";
import { at, each, type Invariant, label } from "./invariant.ts";

const requiredTags = ["Stack", "Component", "Owner", "CostCentre"];
const requiredLabels = [
  "app.kubernetes.io/name",
  "app.kubernetes.io/component",
  "app.kubernetes.io/part-of",
  "llm-marketplace.io/stack",
  "llm-marketplace.io/owner",
  "llm-marketplace.io/cost-centre",
];

const taggable = new Map<string, boolean>();

/** Whether a type of @pulumi/aws has tags, read from the SDK's own declarations. */
export function hasTags(type: string): boolean {
  const cached = taggable.get(type);
  if (cached !== undefined) return cached;
  const [, module, name] = type.split(":");
  const file = join(root, "node_modules", "@pulumi", "aws", `${module}.d.ts`);
  if (!existsSync(file)) throw new Error(`no declarations of ${type} at ${file}`);
  const [, args = ""] = readFileSync(file, "utf8").split(`export interface ${name}Args {`);
  const found = /^ {4}tags\?:/m.test(args);
  taggable.set(type, found);
  return found;
}

export const tags: Invariant = {
  title: "every cloud resource that can have tags says its stack, component, owner and cost centre",
  violations: (plan) =>
    each(plan, (resource, args) => {
      const remote = resource.type === "eks:index:Cluster";
      if (!remote && !(resource.type.startsWith("aws:") && hasTags(resource.type))) return undefined;
      const given = (args.tags ?? {}) as Record<string, unknown>;
      const absent = requiredTags.filter((tag) => typeof given[tag] !== "string" || given[tag] === "");
      return absent.length > 0 ? `${label(resource)} lacks the tags ${absent.join(", ")}` : undefined;
    }),
};

export const labels: Invariant = {
  title: "every Kubernetes object and pod template says its stack, component, owner and cost centre",
  violations: (plan) =>
    each(plan, (resource, args) => {
      if (!isKubernetesObject(resource)) return undefined;
      const places = ["metadata", "spec.template.metadata", "spec.jobTemplate.spec.template.metadata"];
      return places.flatMap((place) => {
        const hasTemplate =
          place === "metadata" || at(args, `${place.slice(0, -".metadata".length)}.spec.containers`);
        if (!hasTemplate) return [];
        const given = (at(args, `${place}.labels`) ?? {}) as Record<string, unknown>;
        const absent = requiredLabels.filter((key) => typeof given[key] !== "string" || given[key] === "");
        return absent.length > 0
          ? [`${label(resource)} lacks in ${place} the labels ${absent.join(", ")}`]
          : [];
      });
    }),
};
