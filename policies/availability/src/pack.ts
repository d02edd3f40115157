import type { Pack } from "../../shared/rule.ts";
import { awsBackupRules } from "./rules/aws-backup.ts";
import { awsKafkaRules } from "./rules/aws-kafka.ts";
import { awsStoreRules } from "./rules/aws-stores.ts";
import { awsVersionRules } from "./rules/aws-versions.ts";
import { awsZoneRules } from "./rules/aws-zones.ts";
import { azureRules } from "./rules/azure.ts";
import { gcpRules } from "./rules/gcp.ts";
import { backupRules } from "./rules/kubernetes-backup.ts";
import { containerRules } from "./rules/kubernetes-containers.ts";
import { disruptionRules } from "./rules/kubernetes-disruption.ts";
import { imageRules } from "./rules/kubernetes-images.ts";
import { kafkaRules } from "./rules/kubernetes-kafka.ts";
import { replicaRules } from "./rules/kubernetes-replicas.ts";
import { spreadRules } from "./rules/kubernetes-spread.ts";
import { storeRules } from "./rules/kubernetes-stores.ts";
import { kubernetesVersionRules } from "./rules/kubernetes-versions.ts";
import { protectRules } from "./rules/protect.ts";

/** Services that stay up, data that stays there. */
export const availability: Pack = {
  name: "llm-marketplace-availability",
  folder: "availability",
  description:
    "Enough replicas over enough zones, failover, backups that last, no accidental deletion, pinned images, supported versions.",
  rules: [
    ...awsStoreRules,
    ...awsKafkaRules,
    ...awsZoneRules,
    ...awsBackupRules,
    ...awsVersionRules,
    ...gcpRules,
    ...azureRules,
    ...replicaRules,
    ...disruptionRules,
    ...spreadRules,
    ...containerRules,
    ...imageRules,
    ...storeRules,
    ...kafkaRules,
    ...backupRules,
    ...kubernetesVersionRules,
    ...protectRules,
  ],
};
