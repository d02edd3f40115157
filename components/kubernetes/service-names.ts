import type * as pulumi from "@pulumi/pulumi";
import type { ServiceSettings } from "../../config/settings-types.ts";
import type { PlatformContext } from "../core/context.ts";
import { UserError } from "../core/errors.ts";
import { namespaces, serviceHost } from "./places.ts";

/** Component label of everything that belongs to a service. */
export const serviceComponent = "marketplace-service";

/** What every part of a service is told. */
export interface ServicePart {
  readonly context: PlatformContext;
  readonly service: ServiceSettings;
  /** `metadata.name` of the services' namespace. */
  readonly namespace: pulumi.Output<string>;
}

export interface ServiceNames {
  /** Rollout, container, HPA, ServiceAccount and policies: `publishing`. */
  readonly workload: string;
  /** The Service that callers use: `publishing-service`. */
  readonly service: string;
  /** The Service of a new version before a blue-green switch. */
  readonly preview: string;
  /** Where callers inside the cluster find it. */
  readonly host: string;
  /** Identity in the mesh, for AuthorizationPolicies of what it calls. */
  readonly principal: string;
  /** The Job that brings its schema up to date, with its ServiceAccount: `publishing-migration`. */
  readonly migration: string;
  /** Kubernetes secret with the credentials of model providers. */
  readonly providersSecret: string;
  /** ConfigMap with root certificates of managed stores. */
  readonly storeRoots: string;
}

/** Longest name of a service: with the longest suffix, `-service-preview`, a Service's name stays under 63. */
const longestName = 40;

/** Refuses names that would make objects which Kubernetes refuses later, half way through a deployment. */
export function checkServiceName(name: string): void {
  if (name.length <= longestName && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) return;
  throw new UserError({
    path: "services/catalog.ts › name",
    got: name,
    allowed: `lower-case letters, digits and hyphens, starting with a letter, at most ${longestName} characters`,
    fix: "choose another name before the service is deployed; a later change replaces all its objects",
  });
}

/** Names of a service's objects, all derived from its name in the catalogue. */
export function serviceNames(name: string): ServiceNames {
  const service = `${name}-service`;
  return {
    workload: name,
    service,
    preview: `${service}-preview`,
    host: serviceHost(service, namespaces.services),
    principal: `cluster.local/ns/${namespaces.services}/sa/${name}`,
    migration: `${name}-migration`,
    providersSecret: `${name}-providers`,
    storeRoots: `${name}-store-roots`,
  };
}

/** Services of the stack that `service` calls: those that name it among their callers. */
export function callees(service: ServiceSettings, services: readonly ServiceSettings[]): ServiceSettings[] {
  return services.filter((other) => other.callers.includes(service.name));
}
