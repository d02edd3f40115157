import * as pulumi from "@pulumi/pulumi";
import { createMetricsServer } from "../../kubernetes/metrics-server.ts";
import { createStorageClasses } from "../../kubernetes/storage-classes.ts";
import type { ClusterOutputs, ClusterSpec } from "../contract.ts";
import type { LocalEnvironment } from "./environment.ts";

/** Issuer that kubeadm, and with it kind, gives to tokens of ServiceAccounts; nobody outside trusts it. */
const identityIssuer = "https://kubernetes.default.svc.cluster.local";

/**
 * The cluster that stands already, with what the platform needs and kind lacks: the storage classes it asks for by
 * name (both of the one provisioner: a laptop has no slower, cheaper disk) and the metrics that autoscalers read
 * (k3d brings its own: create it with `--k3s-arg '--disable=metrics-server@server:*'`). Nodes are as the user made
 * them, so pools are only passed on.
 */
export function createCluster(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ClusterSpec,
  { target, provider }: LocalEnvironment,
): ClusterOutputs {
  const { context } = spec;
  const storageClasses = createStorageClasses(parent, name, {
    context,
    provisioner: target.storageProvisioner,
    parameters: { ssd: {}, hdd: {} },
    expandable: false,
  });
  const metrics = createMetricsServer(parent, `${name}-metrics-server`, {
    context,
    replicas: 1,
    trustAnyKubelet: true,
  });
  return {
    name: pulumi.output(target.kubeContext),
    kubeconfig: pulumi.secret(contextOnly(target.kubeContext)),
    provider,
    workloadFirewallId: undefined,
    identityIssuer: pulumi.output(identityIssuer),
    pools: spec.pools,
    ready: [...storageClasses, metrics],
  };
}

/** A kubeconfig that names the context and holds no address and no credentials: those stay in the user's file. */
function contextOnly(context: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "Config", "current-context": context });
}
