/** How each component of the control plane is called. */
import { join } from "node:path";
import { loopback } from "../../../services/dev/engines/ports.ts";
import type { Command } from "./component.ts";

/** What runs beside etcd and the API server from the start. */
export type OptionalComponent = "kube-controller-manager" | "kube-scheduler" | "kwok";
export type ComponentName = "etcd" | "kube-apiserver" | OptionalComponent | "rollouts-controller";

export interface Places {
  /** Folder of the built binaries. */
  readonly binaries: string;
  /** The instance's own folder. */
  readonly folder: string;
  readonly ports: Ports;
  readonly stageFiles: readonly string[];
  /** More flags of a component, such as `--horizontal-pod-autoscaler-sync-period=1s`. */
  readonly extraArgs: Partial<Record<ComponentName, readonly string[]>>;
}

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
  readonly rolloutsHealth: number;
  readonly rolloutsMetrics: number;
}

export const portNames = ["etcd", "etcdPeer", "apiServer", "rolloutsHealth", "rolloutsMetrics"] as const;

export const files = {
  tokens: "tokens.csv",
  serviceAccountKey: "service-accounts.key",
  certificates: "certificates",
  /** The API server makes it itself; it is its own authority. */
  authority: join("certificates", "apiserver.crt"),
  kubeconfig: "kubeconfig",
} as const;

export function commandOf(name: ComponentName, places: Places): Command {
  const { args, ports } = builders[name](places);
  return {
    file: join(places.binaries, name),
    args: [...args, ...(places.extraArgs[name] ?? [])],
    ports,
  };
}

const builders: Record<ComponentName, (places: Places) => Pick<Command, "args" | "ports">> = {
  etcd: ({ folder, ports }) => {
    const [client, peer] = [`http://${loopback}:${ports.etcd}`, `http://${loopback}:${ports.etcdPeer}`];
    return {
      ports: [ports.etcd, ports.etcdPeer],
      args: [
        "--name=only",
        `--data-dir=${join(folder, "etcd")}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=only=${peer}`,
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
    };
  },
  "kube-apiserver": ({ folder, ports }) => {
    const key = join(folder, files.serviceAccountKey);
    return {
      ports: [ports.apiServer],
      args: [
        `--etcd-servers=http://${loopback}:${ports.etcd}`,
        `--bind-address=${loopback}`,
        `--advertise-address=${loopback}`,
        `--secure-port=${ports.apiServer}`,
        `--cert-dir=${join(folder, files.certificates)}`,
        `--token-auth-file=${join(folder, files.tokens)}`,
        `--service-account-key-file=${key}`,
        `--service-account-signing-key-file=${key}`,
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged=true",
        "--profiling=false",
      ],
    };
  },
  "kube-controller-manager": ({ folder }) => ({
    ports: [],
    args: [
      `--kubeconfig=${join(folder, files.kubeconfig)}`,
      `--service-account-private-key-file=${join(folder, files.serviceAccountKey)}`,
      `--root-ca-file=${join(folder, files.authority)}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  }),
  "kube-scheduler": ({ folder }) => ({
    ports: [],
    args: [
      `--kubeconfig=${join(folder, files.kubeconfig)}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--kube-api-qps=200",
      "--kube-api-burst=400",
    ],
  }),
  kwok: ({ folder, stageFiles }) => ({
    ports: [],
    args: [
      `--kubeconfig=${join(folder, files.kubeconfig)}`,
      "--manage-all-nodes=true",
      "--node-lease-duration-seconds=40",
      ...stageFiles.map((file) => `--config=${file}`),
    ],
  }),
  "rollouts-controller": ({ folder, ports }) => ({
    ports: [ports.rolloutsHealth, ports.rolloutsMetrics],
    args: [
      `--kubeconfig=${join(folder, files.kubeconfig)}`,
      "--namespace=argo-rollouts",
      "--leader-elect=false",
      "--istio-api-version=v1",
      `--healthzPort=${ports.rolloutsHealth}`,
      `--metricsPort=${ports.rolloutsMetrics}`,
    ],
  }),
};
