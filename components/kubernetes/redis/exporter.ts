import type * as kubernetes from "@pulumi/kubernetes";
import { resources, restrictedContainer } from "../pods.ts";
import { image } from "../versions.ts";
import { exporterPort, folders, redisPort } from "./config.ts";
import { redisSecretName } from "./users.ts";

/** Reads the member beside it; its own user may look but touch no key. */
export function redisExporter(): kubernetes.types.input.core.v1.Container {
  const environment = {
    REDIS_ADDR: `rediss://localhost:${redisPort}`,
    REDIS_USER: "exporter",
    REDIS_EXPORTER_TLS_CA_CERT_FILE: `${folders.tls}/ca.crt`,
    REDIS_EXPORTER_WEB_LISTEN_ADDRESS: `:${exporterPort}`,
    REDIS_EXPORTER_INCL_SYSTEM_METRICS: "true",
  };
  const health = { httpGet: { path: "/health", port: "metrics" }, periodSeconds: 15, timeoutSeconds: 5 };
  return {
    name: "exporter",
    image: image("redis-exporter"),
    env: [
      ...Object.entries(environment).map(([variable, value]) => ({ name: variable, value })),
      {
        name: "REDIS_PASSWORD",
        valueFrom: { secretKeyRef: { name: redisSecretName("exporter"), key: "password" } },
      },
    ],
    ports: [{ name: "metrics", containerPort: exporterPort }],
    resources: resources({ cpuMillis: 10, memoryMiB: 24, memoryLimitMiB: 64 }),
    securityContext: restrictedContainer,
    readinessProbe: health,
    livenessProbe: health,
    volumeMounts: [{ name: "tls", mountPath: folders.tls, readOnly: true }],
  };
}
