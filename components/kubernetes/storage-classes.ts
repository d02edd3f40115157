import * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../core/context.ts";
import { labels } from "../core/labels.ts";

/** The storage classes that claims of the platform name. */
export const storageClassNames = ["ssd", "hdd"] as const;
export type StorageClassName = (typeof storageClassNames)[number];

export interface StorageClassesSpec {
  readonly context: PlatformContext;
  /** CSI driver that makes the volumes. */
  readonly provisioner: string;
  /** Settings of the driver for each class. */
  readonly parameters: Readonly<Record<StorageClassName, Record<string, pulumi.Input<string>>>>;
  /** Whether the driver can grow a volume in use. */
  readonly expandable: boolean;
}

/**
 * `ssd`, the cluster's default, and `hdd`. Volumes are made in the zone in which the scheduler puts the pod. Where
 * data is protected a volume outlives its claim, so that a deleted claim can be brought back.
 */
export function createStorageClasses(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StorageClassesSpec,
  opts: pulumi.CustomResourceOptions = {},
): kubernetes.storage.v1.StorageClass[] {
  return storageClassNames.map(
    (storageClass) =>
      new kubernetes.storage.v1.StorageClass(
        `${name}-storage-${storageClass}`,
        {
          metadata: {
            name: storageClass,
            labels: labels(spec.context, "cluster", storageClass),
            annotations: {
              "storageclass.kubernetes.io/is-default-class": String(storageClass === "ssd"),
            },
          },
          provisioner: spec.provisioner,
          parameters: spec.parameters[storageClass],
          allowVolumeExpansion: spec.expandable,
          reclaimPolicy: spec.context.protectData ? "Retain" : "Delete",
          volumeBindingMode: "WaitForFirstConsumer",
        },
        { parent, ...opts },
      ),
  );
}
