/**
 * The Kubernetes side of a plan as files: one object a file, numbered in an order in which they can be applied.
 * A Helm release is a file with its chart, version, repository, namespace and values.
 */
import { stringify } from "yaml";
import { isSecret, plain, sorted } from "../../simulator/properties.ts";
import type { RecordedResource } from "../../simulator/recorder.ts";
import { creationOrder, isKubernetesObject, namespaceOf, objectName, releaseType } from "./graph.ts";

export interface ManifestFile {
  readonly name: string;
  readonly content: string;
}

/** `[secret]` in base64, for the `data` of Secrets, which must be base64 to be accepted. */
const redactedBase64 = "W3NlY3JldF0=";

/** What can come early comes early, so that the files read well; the graph decides where the two disagree. */
function rank(resource: RecordedResource): number {
  if (!resource.type.startsWith("kubernetes:")) return 0;
  const kind = resource.type.split(":").at(-1) ?? "";
  const order = ["CustomResourceDefinition", "Namespace", "PriorityClass", "StorageClass", "Release"];
  const place = order.indexOf(kind);
  return place === -1 ? order.length + 1 : place + 1;
}

/** The files of all Kubernetes objects and Helm releases, in the order in which they can be applied. */
export function manifests(resources: readonly RecordedResource[]): ManifestFile[] {
  const objects = creationOrder(resources, rank).filter(
    (resource) => isKubernetesObject(resource) || resource.type === releaseType,
  );
  const digits = Math.max(3, String(objects.length).length);
  return objects.map((resource, index) => {
    const kind = resource.type.split(":").at(-1)?.toLowerCase() ?? "";
    const parts = [kind, namespaceOf(resource), objectName(resource)].filter((part) => part !== undefined);
    const number = String(index + 1).padStart(digits, "0");
    return {
      name: `${number}-${parts.join("-").replaceAll(/[^A-Za-z0-9.-]+/g, "-")}.yaml`,
      content: resource.type === releaseType ? releaseFile(resource) : objectFile(resource),
    };
  });
}

function objectFile(resource: RecordedResource): string {
  const inputs = redactLeaves(resource.inputs, resource.type === "kubernetes:core/v1:Secret") as Record<
    string,
    unknown
  >;
  const { apiVersion, kind, metadata, ...rest } = inputs;
  const [, group, kindOfType] = resource.type.split(":");
  const namespace = namespaceOf(resource);
  const head = {
    apiVersion: apiVersion ?? group?.replace(/^core\//, ""),
    kind: kind ?? kindOfType,
    metadata: {
      name: objectName(resource),
      ...(namespace === undefined ? {} : { namespace }),
      ...(sorted(without(metadata, ["name", "namespace"])) as object),
    },
  };
  return yaml({ ...head, ...(sorted(rest) as object) });
}

function releaseFile(resource: RecordedResource): string {
  const inputs = redactLeaves(resource.inputs, false) as Record<string, unknown>;
  const given = String(inputs.chart ?? "");
  const { chart, repository } = chartOf(
    given,
    (inputs.repositoryOpts as { repo?: string } | undefined)?.repo,
  );
  return yaml({
    release: objectName(resource),
    namespace: namespaceOf(resource),
    chart,
    version: inputs.version,
    repository,
    values: sorted(inputs.values ?? {}),
  });
}

/** A chart of an OCI registry is given by its whole address. */
function chartOf(given: string, repository: string | undefined) {
  if (!given.startsWith("oci://")) return { chart: given, repository };
  const slash = given.lastIndexOf("/");
  return { chart: given.slice(slash + 1), repository: given.slice(0, slash) };
}

function yaml(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function without(value: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries((value ?? {}) as object).filter(([key]) => !keys.includes(key)));
}

/** Secrets keep their form and lose their values, so that the object is still one that a server accepts. */
function redactLeaves(value: unknown, base64: boolean): unknown {
  const blank = (inner: unknown, coded: boolean): unknown => {
    if (Array.isArray(inner)) return inner.map((element) => blank(element, coded));
    if (inner === null || typeof inner !== "object") return coded ? redactedBase64 : "[secret]";
    return Object.fromEntries(Object.entries(inner).map(([key, member]) => [key, blank(member, coded)]));
  };
  const walk = (inner: unknown, key: string): unknown => {
    if (isSecret(inner)) return blank(plain(inner.value), base64 && key === "data");
    if (Array.isArray(inner)) return inner.map((element) => walk(element, key));
    if (inner === null || typeof inner !== "object") return inner;
    return Object.fromEntries(
      Object.entries(inner)
        .filter(([, member]) => member !== undefined)
        .map(([name, member]) => [name, walk(member, key === "" ? name : key)]),
    );
  };
  return walk(value, "");
}
