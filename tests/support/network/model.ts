/** What the evaluator knows of a cluster: who is there, and the objects that say who may talk to whom. */

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

export type Labels = Readonly<Record<string, string>>;
export type Protocol = "TCP" | "UDP";

/** Pods of one workload; all of its replicas are alike. */
export interface Pod {
  readonly kind: "pod";
  /** `<namespace>/<workload>`, by which edges name it. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly ip: string;
  readonly serviceAccount: string;
  /** A sidecar stands before it; `gateway` is a proxy alone, to which nothing is redirected. */
  readonly proxy: "none" | "sidecar" | "gateway";
  readonly annotations: Readonly<Record<string, string>>;
  /** Ports on which it listens, by the name of the container's port or by number. */
  readonly ports: readonly Port[];
}

export interface Port {
  readonly name?: string;
  readonly number: number;
  readonly protocol?: Protocol;
}

/** Something with an address that is no pod: a node, the API server, a managed store, the internet. */
export interface Address {
  readonly kind: "address";
  /** `@node`, by which edges name it. */
  readonly name: string;
  readonly ip: string;
  /** Host name by which it is called, where sidecars judge by it. */
  readonly host?: string;
  /** Kubelets reach the pods of their node whatever policies say. */
  readonly isNode?: boolean;
  readonly ports: readonly Port[];
}

export type Endpoint = Pod | Address;

/** A Kubernetes object as it would be applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  // biome-ignore lint/suspicious/noExplicitAny: each evaluator reads the form of its own kinds
  readonly spec?: any;
}

export interface World {
  /** Labels of each namespace, its own name among them. */
  readonly namespaces: Readonly<Record<string, Labels>>;
  readonly endpoints: readonly Endpoint[];
  readonly objects: readonly KubernetesObject[];
  /** What sidecars do with unknown hosts where no Sidecar says otherwise, `meshConfig.outboundTrafficPolicy.mode`. */
  readonly outboundMode: "ALLOW_ANY" | "REGISTRY_ONLY";
  readonly rootNamespace: string;
}

/** One attempt to reach something. */
export interface Attempt {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol: Protocol;
  /** Path and host of the request where the destination speaks HTTP. */
  readonly path?: string;
  readonly host?: string;
}

export interface Verdict {
  readonly allowed: boolean;
  /** The object that decided, or what is missing. */
  readonly by: string;
}

/** An empty selector takes everything; an absent one is the caller's business. */
export function selects(selector: Selector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
        default:
          throw new Error(`there is no operator ${operator} of label selectors`);
      }
    })
  );
}

export function nameOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}
