/** What holds data is protected from deletion where the data matters. */
import { at, each, type Invariant, label } from "./invariant.ts";

const holdsData: ReadonlySet<string> = new Set([
  "aws:backup/vault:Vault",
  "aws:ecr/repository:Repository",
  "aws:elasticache/replicationGroup:ReplicationGroup",
  "aws:kms/key:Key",
  "aws:kms/replicaKey:ReplicaKey",
  "aws:msk/cluster:Cluster",
  "aws:rds/instance:Instance",
  "aws:s3/bucket:Bucket",
  "kubernetes:core/v1:PersistentVolumeClaim",
  "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
  "kubernetes:kafka.strimzi.io/v1:Kafka",
  "kubernetes:kafka.strimzi.io/v1:KafkaNodePool",
  "kubernetes:postgresql.cnpg.io/v1:Cluster",
]);

export const protectedData: Invariant = {
  title: "what holds data in staging and production is protected from deletion",
  violations: (plan) => {
    if (plan.environment !== "staging" && plan.environment !== "production") return [];
    return each(plan, (resource, args) => {
      const claims =
        resource.type === "kubernetes:apps/v1:StatefulSet" && at(args, "spec.volumeClaimTemplates");
      if (!holdsData.has(resource.type) && !claims) return undefined;
      return resource.protect ? undefined : `${label(resource)} is not protected`;
    });
  },
};
