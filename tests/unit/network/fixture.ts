/** A small world for the evaluator's own tests: two namespaces, three pods, one address outside. */
import type { Address, Attempt, KubernetesObject, Pod, World } from "../../support/network/model.ts";

export function pod(name: string, more: Partial<Pod> = {}): Pod {
  const [namespace = "", workload = ""] = name.split("/");
  return {
    kind: "pod",
    name,
    namespace,
    labels: { app: workload },
    ip: "10.0.0.1",
    serviceAccount: workload,
    proxy: "none",
    annotations: {},
    ports: [{ name: "http", number: 8080 }],
    ...more,
  };
}

export function address(ip: string, more: Partial<Address> = {}): Address {
  return { kind: "address", name: `@${ip}`, ip, ports: [], ...more };
}

export function world(objects: readonly KubernetesObject[], more: Partial<World> = {}): World {
  return {
    namespaces: {
      shop: { "kubernetes.io/metadata.name": "shop", team: "sales" },
      back: { "kubernetes.io/metadata.name": "back" },
    },
    endpoints: [],
    objects,
    outboundMode: "ALLOW_ANY",
    rootNamespace: "root",
    ...more,
  };
}

export function object(kind: string, place: string, spec: object = {}): KubernetesObject {
  const [namespace = "", name = ""] = place.split("/");
  return { apiVersion: "test/v1", kind, metadata: { namespace, name }, spec };
}

export function attempt(from: Attempt["from"], to: Attempt["to"], more: Partial<Attempt> = {}): Attempt {
  return { from, to, port: 8080, protocol: "TCP", ...more };
}
