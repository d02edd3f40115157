/**
 * Who talks to whom, read from what the plan itself says: addresses in environments and chart values, authorisation and
 * network policies, grants of cloud identities, replication and backup plans. A new service appears by itself.
 */
import { identities } from "./cloud-nodes.ts";
import { at, type Fact, type Facts, list, text, textsIn } from "./facts.ts";
import { namespaceOf, objectName, selects, type Workload } from "./workloads.ts";

/** A connection between two resources, before they become nodes of the picture. */
export interface Connection {
  readonly from: Fact;
  readonly to: Fact;
  readonly what: string;
}

/** Ports of the cluster's own control traffic, which everything has and nobody wants to see drawn. */
const controlPorts = new Set([53, 15012, 15017, 15020]);

/** Addresses of each workload and store that occur among the texts of another workload. */
export function namedAddresses(
  workloads: readonly Workload[],
  hostsOf: ReadonlyMap<Fact, readonly string[]>,
): Connection[] {
  const inCluster = workloads.flatMap((workload) =>
    workload.addresses.map((address): [string, Fact] => [address, workload.fact]),
  );
  const managed = [...hostsOf].flatMap(([fact, names]) => names.map((name): [string, Fact] => [name, fact]));
  return workloads.flatMap((workload) => {
    const texts = [...textsIn(workload.fact.inputs)].filter((one) => one.includes("."));
    const reached = new Set<Fact>();
    for (const one of texts) {
      for (const [, service, namespace] of one.matchAll(/([a-z0-9-]+)\.([a-z0-9-]+)\.svc\b/g)) {
        const found = ownerOf(`${service}.${namespace}`, inCluster);
        if (found) reached.add(found);
      }
      for (const [name, fact] of managed) if (one.includes(name)) reached.add(fact);
    }
    reached.delete(workload.fact);
    return [...reached].map((to) => ({ from: workload.fact, to, what: topicsOf(workload, to) }));
  });
}

/** The workload at `service.namespace`: its own address, or one that a chart derives from its name. */
function ownerOf(address: string, known: readonly (readonly [string, Fact])[]): Fact | undefined {
  const exact = known.find(([own]) => own === address);
  if (exact) return exact[1];
  const [service = "", namespace = ""] = address.split(".");
  const derived = known
    .filter(([own]) => own.endsWith(`.${namespace}`) && service.startsWith(`${own.split(".")[0]}-`))
    .sort(([a], [b]) => b.length - a.length);
  return derived[0]?.[1];
}

/** What a service writes to and reads from topics, where its environment says so. */
function topicsOf(workload: Workload, to: Fact): string {
  if (!/kafka/i.test(`${to.type} ${to.name}`)) return "";
  const env = list(at(workload.fact.inputs, "spec", "template", "spec", "containers", 0, "env"));
  const value = (name: string) =>
    text(
      at(
        env.find((one) => at(one, "name") === name),
        "value",
      ),
    );
  const [writes, reads] = [value("KAFKA_PRODUCE_TOPICS"), value("KAFKA_CONSUME_TOPICS")];
  return [...(writes ? [`writes ${writes}`] : []), ...(reads ? [`reads ${reads}`] : [])]
    .join("; ")
    .replaceAll(",", ", ");
}

/** Callers that a mesh authorisation lets in by their identity. */
export function authorised(facts: Facts, workloads: readonly Workload[]): Connection[] {
  return facts.of("kubernetes:security.istio.io/v1:AuthorizationPolicy").flatMap((policy) => {
    const targets = workloads.filter(
      (workload) =>
        workload.namespace === namespaceOf(policy) &&
        selects(labelsOf(at(policy.inputs, "spec", "selector")), workload.labels),
    );
    return list(at(policy.inputs, "spec", "rules")).flatMap((rule) => {
      const paths = list(at(rule, "to")).flatMap((to) => list(at(to, "operation", "paths")).map(text));
      const what = paths.filter((path) => !path.endsWith("/*")).join(", ");
      const callers = list(at(rule, "from")).flatMap((from) =>
        list(at(from, "source", "principals")).map(text),
      );
      return callers.flatMap((principal) => {
        const [, namespace, account] = /\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(principal) ?? [];
        const from = workloads.filter((one) => one.namespace === namespace && one.serviceAccount === account);
        return from.flatMap((caller) =>
          targets.map((target) => ({ from: caller.fact, to: target.fact, what })),
        );
      });
    });
  });
}

function labelsOf(selector: unknown): Record<string, string> {
  return (at(selector, "matchLabels") ?? {}) as Record<string, string>;
}

/** Pairs that network policies name on both sides, by namespace and pod labels. */
export function permitted(facts: Facts, workloads: readonly Workload[]): Connection[] {
  return facts.of("kubernetes:networking.k8s.io/v1:NetworkPolicy").flatMap((policy) => {
    const namespace = namespaceOf(policy);
    const own = selected(at(policy.inputs, "spec", "podSelector"), namespace, workloads);
    const peers = (rule: unknown, key: "from" | "to") =>
      isControl(rule)
        ? []
        : list(at(rule, key)).flatMap((peer) =>
            selected(at(peer, "podSelector"), peerNamespace(peer, namespace), workloads),
          );
    const incoming = list(at(policy.inputs, "spec", "ingress")).flatMap((rule) => peers(rule, "from"));
    const outgoing = list(at(policy.inputs, "spec", "egress")).flatMap((rule) => peers(rule, "to"));
    const pair = (from: Workload, to: Workload): Connection[] =>
      from === to ? [] : [{ from: from.fact, to: to.fact, what: "" }];
    return own.flatMap((one) => [
      ...incoming.flatMap((from) => pair(from, one)),
      ...outgoing.flatMap((to) => pair(one, to)),
    ]);
  });
}

function selected(selector: unknown, namespace: string, workloads: readonly Workload[]): Workload[] {
  return workloads.filter((one) => one.namespace === namespace && selects(labelsOf(selector), one.labels));
}

function peerNamespace(peer: unknown, own: string): string {
  const selector = at(peer, "namespaceSelector");
  return selector === undefined ? own : text(labelsOf(selector)["kubernetes.io/metadata.name"]);
}

function isControl(rule: unknown): boolean {
  const ports = list(at(rule, "ports")).map((port) => at(port, "port"));
  return ports.length > 0 && ports.every((port) => controlPorts.has(port as number));
}

/**
 * Workloads that a network policy lets out to public addresses, and to no private ones. Left out are those whose sidecar
 * knows only named hosts: every service fetches the keys of the token issuer that way, which is no flow of data.
 */
export function reachingOut(facts: Facts, workloads: readonly Workload[]): Workload[] {
  const kept = facts
    .of("kubernetes:networking.istio.io/v1:Sidecar")
    .filter((sidecar) => at(sidecar.inputs, "spec", "outboundTrafficPolicy", "mode") === "REGISTRY_ONLY")
    .flatMap((sidecar) => {
      const labels = at(sidecar.inputs, "spec", "workloadSelector", "labels") as
        | Record<string, string>
        | undefined;
      return workloads.filter((one) => one.namespace === namespaceOf(sidecar) && selects(labels, one.labels));
    });
  return allowedOut(facts, workloads).filter((workload) => !kept.includes(workload));
}

function allowedOut(facts: Facts, workloads: readonly Workload[]): Workload[] {
  return facts.of("kubernetes:networking.k8s.io/v1:NetworkPolicy").flatMap((policy) => {
    const blocks = list(at(policy.inputs, "spec", "egress")).flatMap((rule) => list(at(rule, "to")));
    const open = blocks.some(
      (peer) =>
        at(peer, "ipBlock", "cidr") === "0.0.0.0/0" &&
        list(at(peer, "ipBlock", "except")).includes("10.0.0.0/8"),
    );
    return open ? selected(at(policy.inputs, "spec", "podSelector"), namespaceOf(policy), workloads) : [];
  });
}

/** Resources that the cloud identity of a workload may use, by their names in its policies. */
export function granted(
  facts: Facts,
  workloads: readonly Workload[],
  targets: readonly Fact[],
  byAction: (action: string, workload: Workload) => Fact | undefined,
): Connection[] {
  const named = targets.map((fact) => ({ fact, names: identities(fact) }));
  const policies = facts.of("aws:iam/rolePolicy:RolePolicy");
  return facts.of("aws:eks/podIdentityAssociation:PodIdentityAssociation").flatMap((association) => {
    const workload = identityOwner(association, workloads);
    const role = text(association.inputs.roleArn).split("/").at(-1);
    if (!workload || !role) return [];
    const reached = new Set<Fact>();
    for (const policy of policies.filter((one) => one.inputs.role === role)) {
      for (const statement of statements(policy)) {
        for (const resource of strings(at(statement, "Resource"))) {
          for (const { fact, names } of named) {
            if (names.some((name) => name.startsWith("arn:") && covers(resource, name))) reached.add(fact);
          }
          if (resource === "*") {
            for (const action of strings(at(statement, "Action"))) {
              const fact = byAction(action, workload);
              if (fact) reached.add(fact);
            }
          }
        }
      }
    }
    return [...reached].map((to) => ({ from: workload.fact, to, what: "" }));
  });
}

function identityOwner(association: Fact, workloads: readonly Workload[]): Workload | undefined {
  const namespace = text(association.inputs.namespace);
  const account = text(association.inputs.serviceAccount);
  const inside = workloads.filter((one) => one.namespace === namespace);
  return (
    inside.find((one) => one.serviceAccount === account) ??
    inside.find((one) => account.startsWith(one.name) || one.name.startsWith(account)) ??
    inside.find((one) => one.fact.component === association.component)
  );
}

function statements(policy: Fact): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text(policy.inputs.policy));
    return list(at(parsed, "Statement"));
  } catch {
    return [];
  }
}

function strings(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : list(value).map(text);
}

/** Whether a policy's resource pattern covers an ARN, or lies within it (`bucket/*` within `bucket`). */
function covers(pattern: string, arn: string): boolean {
  if (pattern === "*") return false;
  if (pattern.startsWith(`${arn}/`) || pattern === arn) return true;
  const expression = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return pattern.includes("*") && new RegExp(`^${expression.join(".*")}$`).test(arn);
}

/** What the cloud moves by itself: backups into vaults, copies into another region, alarms. */
export function movedByCloud(facts: Facts): Connection[] {
  const arns = new Map(
    facts.all.flatMap((fact) =>
      identities(fact)
        .filter((one) => one.startsWith("arn:"))
        .map((arn) => [arn, fact]),
    ),
  );
  const vaults = facts.of("aws:backup/vault:Vault");
  const plans = new Map(facts.of("aws:backup/plan:Plan").map((plan) => [plan.id, plan]));
  const found: Connection[] = [];
  const add = (from: Fact | undefined, to: Fact | undefined, what: string) => {
    if (from && to) found.push({ from, to, what });
  };
  for (const selection of facts.of("aws:backup/selection:Selection")) {
    const plan = planOf(selection, plans, facts);
    for (const rule of list(plan?.inputs.rules)) {
      const name = text(at(rule, "targetVaultName"));
      const vault = vaults.find((one) => one.inputs.name === name && one.region === plan?.region);
      for (const arn of list(selection.inputs.resources)) add(arns.get(text(arn)), vault, "snapshots");
      for (const copy of list(at(rule, "copyActions"))) {
        add(vault, arns.get(text(at(copy, "destinationVaultArn"))), "daily copy");
      }
    }
  }
  for (const replication of facts.of("aws:s3/bucketReplicationConfig:BucketReplicationConfig")) {
    const source = facts
      .of("aws:s3/bucket:Bucket")
      .find((one) => identities(one).includes(text(replication.inputs.bucket)));
    for (const rule of list(replication.inputs.rules)) {
      add(source, arns.get(text(at(rule, "destination", "bucket"))), "replication");
    }
  }
  const copies = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication";
  for (const copy of facts.of(copies))
    add(arns.get(text(copy.inputs.sourceDbInstanceArn)), copy, "log shipping");
  for (const alarm of facts.of("aws:cloudwatch/metricAlarm:MetricAlarm")) {
    for (const action of list(alarm.inputs.alarmActions)) add(alarm, arns.get(text(action)), "alarms");
  }
  return [...found, ...archived(facts)];
}

function planOf(selection: Fact, plans: ReadonlyMap<string, Fact>, facts: Facts): Fact | undefined {
  const byId = plans.get(text(selection.inputs.planId));
  const dependency = selection.dependencies.map((urn) => facts.byUrn.get(urn));
  return byId ?? dependency.find((one) => one?.type === "aws:backup/plan:Plan");
}

/** Databases of the cluster that archive into a bucket. */
function archived(facts: Facts): Connection[] {
  const buckets = facts.of("aws:s3/bucket:Bucket");
  return facts.of("kubernetes:barmancloud.cnpg.io/v1:ObjectStore").flatMap((store) => {
    const path = text(at(store.inputs, "spec", "configuration", "destinationPath"));
    const bucket = buckets.find((one) => identities(one).some((name) => path.startsWith(`s3://${name}/`)));
    const database = facts
      .of("kubernetes:postgresql.cnpg.io/v1:Cluster")
      .find((one) => namespaceOf(one) === namespaceOf(store) && textsIn(one.inputs).has(objectName(store)));
    return bucket && database ? [{ from: database, to: bucket, what: "continuous archive" }] : [];
  });
}
