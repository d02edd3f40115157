/** Parents, providers and the order of creation and destruction. */
import { allNeeds, creationOrder, directNeeds } from "../../../cli/plan/graph.ts";
import { packageOf } from "../../../simulator/table.ts";
import { each, type Invariant, isProvider, isStack, label } from "./invariant.ts";

export const descent: Invariant = {
  title: "every resource descends from a component of the library and from the stack",
  violations: (plan) => {
    const byUrn = new Map(plan.resources.map((resource) => [resource.urn, resource]));
    return each(plan, (resource) => {
      if (isStack(resource)) return undefined;
      let component = resource.type.startsWith("llm-marketplace:");
      let current = resource;
      while (current.parent !== undefined) {
        const parent = byUrn.get(current.parent);
        if (parent === undefined)
          return `${label(resource)} has an ancestor that is not in the plan: ${current.parent}`;
        component ||= parent.type.startsWith("llm-marketplace:");
        current = parent;
      }
      if (!isStack(current)) return `${label(resource)} does not descend from the stack`;
      return component || isProvider(resource) ? undefined : `${label(resource)} descends from no component`;
    });
  },
};

export const explicitProvider: Invariant = {
  title: "every resource has an explicit provider of its own package that is part of the plan",
  violations: (plan) => {
    const byUrn = new Map(plan.resources.map((resource) => [resource.urn, resource]));
    return each(plan, (resource) => {
      if (isProvider(resource) || (!resource.custom && !resource.remote)) return undefined;
      const own = packageOf(resource.type);
      const reference = resource.provider || resource.providers[own] || "";
      const provider = byUrn.get(reference.slice(0, Math.max(0, reference.lastIndexOf("::"))));
      if (provider === undefined) return `${label(resource)} has no explicit provider`;
      return packageOf(provider.type) === own
        ? undefined
        : `${label(resource)} has a provider of ${packageOf(provider.type)}`;
    });
  },
};

export const knownDependencies: Invariant = {
  title: "whatever a resource depends on is part of the plan",
  violations: (plan) => {
    const known = new Set(plan.resources.map((resource) => resource.urn));
    return each(plan, (resource) =>
      directNeeds(resource)
        .filter((urn) => !known.has(urn))
        .map((urn) => `${label(resource)} depends on ${urn}, which is not in the plan`),
    );
  },
};

export const noCycles: Invariant = {
  title: "the dependency graph has no cycle",
  violations: (plan) => {
    const needs = allNeeds(plan.resources);
    const cyclic = plan.resources.filter((resource) => needs.get(resource.urn)?.has(resource.urn));
    if (cyclic.length > 0) return cyclic.map((resource) => `${label(resource)} needs itself`);
    try {
      creationOrder(plan.resources);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  },
};
