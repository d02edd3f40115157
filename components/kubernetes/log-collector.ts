import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import {
  logCollectorPort,
  type MonitoringPlace,
  mainResources,
  observabilityComponent,
  ownerLabels,
  reloader,
} from "./monitoring.ts";
import { createNetworkPolicy, podsIn, tcp } from "./network-policy.ts";
import { loki, namespaces } from "./places.ts";
import { resources, restrictedContainer } from "./pods.ts";
import { createRelease } from "./release.ts";

/** Grafana Alloy on every node: reads the log files of its node's pods and sends them to Loki. */
export function createLogCollector(
  parent: pulumi.ComponentResource,
  name: string,
  place: MonitoringPlace & { readonly loki: pulumi.Resource },
): kubernetes.helm.v3.Release {
  const { context, agentsNamespace } = place;
  createNetworkPolicy(parent, `${name}-log-collector-egress`, {
    context,
    component: observabilityComponent,
    policyName: "log-collector",
    namespace: agentsNamespace,
    podLabels: { "app.kubernetes.io/name": "alloy" },
    egress: [
      { to: [podsIn(namespaces.monitoring, { "app.kubernetes.io/name": "loki" })], ports: tcp(loki.port) },
    ],
  });
  return createRelease(
    parent,
    `${name}-alloy`,
    { context, chart: "alloy", namespace: agentsNamespace, values: alloyValues(place), skipCrds: true },
    { dependsOn: [...place.ready, place.loki] },
  );
}

function alloyValues({ context }: MonitoringPlace): Record<string, unknown> {
  return {
    crds: { create: false },
    // It lists the pods of its node and reads no secret, unlike with the chart's own rules.
    rbac: {
      create: true,
      rules: [{ apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["get", "list", "watch"] }],
      clusterRules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] }],
    },
    serviceAccount: { create: true, name: "alloy" },
    alloy: {
      configMap: { create: true, content: alloyConfig },
      enableReporting: false,
      listenPort: logCollectorPort,
      // How far each file was read, on the node, so that a new pod neither repeats nor loses lines.
      storagePath: "/var/lib/alloy",
      mounts: { varlog: true, extra: [{ name: "positions", mountPath: "/var/lib/alloy" }] },
      extraEnv: [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      resources: mainResources("alloy", context, [reloader]),
      // The kubelet's log files belong to root.
      securityContext: {
        ...restrictedContainer,
        runAsNonRoot: false,
        runAsUser: 0,
      },
    },
    configReloader: { resources: resources(reloader) },
    controller: {
      type: "daemonset",
      podLabels: ownerLabels(context),
      priorityClassName: "system-node-critical",
      tolerations: [{ operator: "Exists" }],
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "20%" } },
      volumes: {
        extra: [{ name: "positions", hostPath: { path: "/var/lib/alloy", type: "DirectoryOrCreate" } }],
      },
    },
    serviceMonitor: { enabled: true },
  };
}

/**
 * Lines that are JSON give their level as a label, because there are few levels, and their trace as structured
 * metadata, because there are many traces; other lines pass as they are.
 */
const alloyConfig = `logging {
  level  = "warn"
  format = "json"
}

discovery.kubernetes "pods" {
  role = "pod"
  selectors {
    role  = "pod"
    field = "spec.nodeName=" + sys.env("NODE_NAME")
  }
}

discovery.relabel "pods" {
  targets = discovery.kubernetes.pods.targets
  rule {
    source_labels = ["__meta_kubernetes_namespace"]
    target_label  = "namespace"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_name"]
    target_label  = "pod"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_container_name"]
    target_label  = "container"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_label_app_kubernetes_io_name"]
    target_label  = "app"
  }
  rule {
    source_labels = ["__meta_kubernetes_pod_uid", "__meta_kubernetes_pod_container_name"]
    separator     = "/"
    replacement   = "/var/log/pods/*$1/*.log"
    target_label  = "__path__"
  }
}

local.file_match "pods" {
  path_targets = discovery.relabel.pods.output
}

loki.source.file "pods" {
  targets    = local.file_match.pods.targets
  forward_to = [loki.process.pods.receiver]
}

loki.process "pods" {
  stage.cri { }
  stage.json {
    expressions = { level = "level", trace_id = "trace_id" }
    drop_malformed = false
  }
  stage.labels {
    values = { level = "" }
  }
  stage.structured_metadata {
    values = { trace_id = "" }
  }
  stage.label_drop {
    values = ["filename"]
  }
  forward_to = [loki.write.loki.receiver]
}

loki.write "loki" {
  endpoint {
    url = "http://${loki.host}:${loki.port}/loki/api/v1/push"
  }
}
`;
