import type { GuardedResource } from "./rule.ts";
import { read } from "./value.ts";

/**
 * The resources of `types` that configure `target` by naming it in `property`: by the URN that the engine knows even
 * where names are unknown yet, else by one of the target's own names.
 */
export function configuring(
  resources: readonly GuardedResource[],
  types: readonly string[],
  property: string,
  target: GuardedResource,
  names: readonly string[],
): GuardedResource[] {
  return resources.filter(({ type, props, propertyDependencies }) => {
    if (!types.includes(type)) return false;
    if (propertyDependencies[property]?.includes(target.urn)) return true;
    const named = read(props, property);
    return named.state === "value" && ownNames(target, names).includes(named.value);
  });
}

/** The resource of `type` that `source` names in `property`. */
export function named(
  resources: readonly GuardedResource[],
  type: string,
  source: GuardedResource,
  property: string,
  names: readonly string[],
): GuardedResource | undefined {
  const value = read(source.props, property);
  const urns = source.propertyDependencies[property] ?? [];
  return resources.find(
    (one) =>
      one.type === type &&
      (urns.includes(one.urn) || (value.state === "value" && ownNames(one, names).includes(value.value))),
  );
}

function ownNames({ props }: GuardedResource, names: readonly string[]): unknown[] {
  return names
    .map((name) => read(props, name))
    .flatMap((found) => (found.state === "value" ? [found.value] : []));
}

/** Resources of `types` of which it is not known yet what they name in `property`. */
export function undecided(
  resources: readonly GuardedResource[],
  types: readonly string[],
  property: string,
): GuardedResource[] {
  return resources.filter(
    ({ type, props, propertyDependencies }) =>
      types.includes(type) &&
      read(props, property).state === "unknown" &&
      (propertyDependencies[property] ?? []).length === 0,
  );
}
