import { standFor } from "../policies/shared/remote.ts";
import type { GuardedResource } from "../policies/shared/rule.ts";
import { read } from "../policies/shared/value.ts";
import type { CostResource } from "./types.ts";

/**
 * Resources as rules see them (`policies/shared/graph.ts`, outputs) as the cost model wants them: components without
 * children replaced by what they stand for, each resource with its region. That is its own `region` where the provider
 * reports one, else its explicit provider's.
 */
export function costResources(resources: readonly GuardedResource[]): CostResource[] {
  const regions = new Map(
    resources
      .filter(({ type }) => type.startsWith("pulumi:providers:"))
      .map((provider) => [provider.urn, regionIn(provider.props)]),
  );
  return standFor(resources).map((resource) => ({
    urn: resource.urn,
    type: resource.type,
    name: resource.name,
    parent: resource.parent,
    region: regionOf(resource, regions),
    props: resource.props,
    propertyDependencies: resource.propertyDependencies ?? {},
  }));
}

function regionOf(
  { type, props, provider }: GuardedResource,
  regions: ReadonlyMap<string, string | undefined>,
): string | undefined {
  if (!type.startsWith("aws:") && !type.startsWith("eks:")) return undefined;
  const of = provider === undefined ? undefined : regions.get(provider);
  return regionIn(props) ?? of;
}

function regionIn(props: Readonly<Record<string, unknown>>): string | undefined {
  const found = read(props, "region");
  return found.state === "value" && typeof found.value === "string" ? found.value : undefined;
}
