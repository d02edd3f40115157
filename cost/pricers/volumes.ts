import type { PricingContext } from "../pricing.ts";
import { at, constant, gibibytes, listAt, textAt, UnpricedError } from "../quantities.ts";
import type { CostResource, PricedItem } from "../types.ts";

/** A run of equal volumes that a workload or an operator will claim. */
export interface VolumeClaims {
  readonly count: number;
  readonly sizeGiB: number;
  /** Name of the storage class; undefined for the cluster's default. */
  readonly storageClass: string | undefined;
}

const storageClassType = "kubernetes:storage.k8s.io/v1:StorageClass";
/** Drivers that take room on the cluster's own disks. */
const localProvisioners =
  /^(rancher\.io\/local-path|k8s\.io\/minikube-hostpath|docker\.io\/hostpath|hostpath\.csi\.k8s\.io|kubernetes\.io\/no-provisioner)$/;
/** Smallest volume that AWS makes of a type, in GiB (EBS user guide, 2026-11). */
const smallestGiB: Readonly<Record<string, number>> = { st1: 125, sc1: 125 };
/** What gp3 includes; more is paid beside the storage. */
const included = { iops: 3000, throughputMiB: 125 } as const;

/** The volumes of a run of claims, by the type that their storage class makes. */
export function volumeItems(
  { count, sizeGiB, storageClass }: VolumeClaims,
  context: PricingContext,
): PricedItem[] {
  if (count === 0) return [];
  const chosen = storageClassOf(storageClass, context);
  const provisioner = textAt(chosen, "provisioner") ?? "";
  if (localProvisioners.test(provisioner)) return [];
  if (provisioner !== "ebs.csi.aws.com")
    throw new UnpricedError(`no prices of the volumes of ${provisioner}`);
  const type = textAt(chosen, "parameters.type") ?? "gp3";
  const billed = Math.max(sizeGiB, smallestGiB[type] ?? 0);
  const beyond = (parameter: string, free: number) =>
    Math.max(0, Number(at(chosen.props, `parameters.${parameter}`) ?? free) - free) * count;
  const extras = [
    { item: "IOPS beyond 3,000", price: "aws.ebs.gp3.iops.iopsMonth", amount: beyond("iops", included.iops) },
    {
      item: "throughput beyond 125 MiB/s",
      price: "aws.ebs.gp3.throughput.mbpsMonth",
      amount: beyond("throughput", included.throughputMiB),
    },
  ].filter(({ amount }) => type === "gp3" && amount > 0);
  return [
    {
      item: `${count} × ${Math.round(billed * 100) / 100} GiB ${type} volumes`,
      price: `aws.ebs.${type}.storage.gbMonth`,
      quantity: constant(count * billed),
    },
    ...extras.map(({ item, price, amount }) => ({ item, price, quantity: constant(amount) })),
  ];
}

function storageClassOf(name: string | undefined, context: PricingContext): CostResource {
  const isDefault = 'metadata.annotations["storageclass.kubernetes.io/is-default-class"]';
  const found = context
    .ofType(storageClassType)
    .find((one) =>
      name === undefined ? textAt(one, isDefault) === "true" : textAt(one, "metadata.name") === name,
    );
  if (!found)
    throw new UnpricedError(`the storage class ${name ?? "that is the default"} is not in the graph`);
  return found;
}

/** Volumes by what claims them: a StatefulSet, a claim of its own, or an operator's resource. */
export function claimsOf({ type, props }: CostResource): VolumeClaims[] {
  const count = (path: string) => Number(at(props, path) ?? 1);
  switch (type.replace(/^kubernetes:/, "").replace(/\/v\d\w*:/, ":")) {
    case "apps:StatefulSet":
      return pathsOf(props, "spec.volumeClaimTemplates").flatMap((path) =>
        claimAt(props, path, count("spec.replicas")),
      );
    case "core:PersistentVolumeClaim":
      return claimAt(props, "", 1);
    case "elasticsearch.k8s.elastic.co:Elasticsearch":
      return pathsOf(props, "spec.nodeSets").flatMap((set) =>
        pathsOf(props, `${set}.volumeClaimTemplates`).flatMap((path) =>
          claimAt(props, path, count(`${set}.count`)),
        ),
      );
    case "kafka.strimzi.io:KafkaNodePool":
      return brokerVolumes(props, count("spec.replicas"));
    case "postgresql.cnpg.io:Cluster":
      return ["spec.storage", "spec.walStorage"].flatMap((path) =>
        sized(at(props, `${path}.size`), count("spec.instances"), at(props, `${path}.storageClass`)),
      );
    case "monitoring.coreos.com:Prometheus":
    case "monitoring.coreos.com:Alertmanager":
      return claimAt(props, "spec.storage.volumeClaimTemplate", count("spec.replicas"));
    default:
      return [];
  }
}

/** One volume a broker, or the list of a `jbod`. */
function brokerVolumes(props: CostResource["props"], replicas: number): VolumeClaims[] {
  const isList = at(props, "spec.storage.type") === "jbod";
  const paths = isList ? pathsOf(props, "spec.storage.volumes") : ["spec.storage"];
  return paths
    .filter((path) => at(props, `${path}.type`) === "persistent-claim")
    .flatMap((path) => sized(at(props, `${path}.size`), replicas, at(props, `${path}.class`)));
}

/** A claim or its template at a path; "" for the resource itself. */
function claimAt(props: CostResource["props"], path: string, replicas: number): VolumeClaims[] {
  const spec = path === "" ? "spec" : `${path}.spec`;
  return sized(
    at(props, `${spec}.resources.requests.storage`),
    replicas,
    at(props, `${spec}.storageClassName`),
  );
}

function pathsOf(props: CostResource["props"], path: string): string[] {
  return listAt(props, path).map((_, index) => `${path}[${index}]`);
}

function sized(size: unknown, count: number, storageClass: unknown): VolumeClaims[] {
  if (size === undefined) return [];
  const sizeGiB = gibibytes(size);
  if (sizeGiB === undefined) throw new UnpricedError(`${JSON.stringify(size)} is no size of a volume`);
  return [{ count, sizeGiB, storageClass: typeof storageClass === "string" ? storageClass : undefined }];
}
