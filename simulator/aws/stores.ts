/** Managed stores: RDS, ElastiCache, MSK. */
import type { Simulate, SimulationTable } from "../table.ts";
import { alphanumeric, arn, autoName, hex, text, uuid } from "../values.ts";

/** Something with a name of its own and an ARN of `<service>:…:<kind>:<name>`; RDS and ElastiCache use lower case. */
function named(service: "rds" | "elasticache", kind: string): Simulate {
  return (request) => {
    const name = text(request, "name", autoName(request)).toLowerCase();
    return { id: name, outputs: { name, arn: arn(request, service, `${kind}:${name}`) } };
  };
}

/** An instance's host name holds twelve characters that are the same for the account in a region. */
const rdsInstance: Simulate = (request) => {
  const identifier = text(request, "identifier", autoName(request));
  const address = `${identifier}.c${hex(request.accountId, 11)}.${request.region}.rds.amazonaws.com`;
  const port = typeof request.inputs.port === "number" ? request.inputs.port : 5432;
  const resourceId = `db-${alphanumeric(request.urn, 26)}`;
  const managed = request.inputs.manageMasterUserPassword === true;
  const secretArn = arn(
    request,
    "secretsmanager",
    `secret:rds!${resourceId.toLowerCase()}-${alphanumeric(request.urn, 6)}`,
  );
  return {
    id: resourceId,
    outputs: {
      identifier,
      resourceId,
      address,
      port,
      endpoint: `${address}:${port}`,
      arn: arn(request, "rds", `db:${identifier}`),
      engineVersionActual: text(request, "engineVersion", "15"),
      status: "available",
      masterUserSecrets: managed
        ? [
            {
              secretArn,
              secretStatus: "active",
              kmsKeyId: text(request, "masterUserSecretKmsKeyId", "aws/secretsmanager"),
            },
          ]
        : [],
    },
  };
};

const backupsReplication: Simulate = (request) => ({
  id: arn(request, "rds", `auto-backup:ab-${hex(request.urn, 40)}`),
  outputs: {},
});

const replicationGroup: Simulate = (request) => {
  const id = text(request, "replicationGroupId", autoName(request));
  const domain = `${hex(request.accountId, 6)}.${request.region}.cache.amazonaws.com`;
  const count = typeof request.inputs.numCacheClusters === "number" ? request.inputs.numCacheClusters : 1;
  return {
    id,
    outputs: {
      replicationGroupId: id,
      arn: arn(request, "elasticache", `replicationgroup:${id}`),
      primaryEndpointAddress: `master.${id}.${domain}`,
      readerEndpointAddress: `replica.${id}.${domain}`,
      engineVersionActual: text(request, "engineVersion", "7.1"),
      clusterEnabled: false,
      memberClusters: Array.from({ length: count }, (_, index) => `${id}-00${index + 1}`),
    },
  };
};

const cacheUser: Simulate = (request) => {
  const userId = text(request, "userId", autoName(request));
  return { id: userId, outputs: { arn: arn(request, "elasticache", `user:${userId}`) } };
};

const cacheUserGroup: Simulate = (request) => {
  const groupId = text(request, "userGroupId", autoName(request));
  return { id: groupId, outputs: { arn: arn(request, "elasticache", `usergroup:${groupId}`) } };
};

const mskCluster: Simulate = (request) => {
  const name = text(request, "clusterName", autoName(request));
  const count =
    typeof request.inputs.numberOfBrokerNodes === "number" ? request.inputs.numberOfBrokerNodes : 3;
  const domain = `${name.replaceAll("-", "").slice(0, 15)}.${hex(request.urn, 6)}.c2.kafka.${request.region}.amazonaws.com`;
  const servers = (port: number) =>
    Array.from({ length: Math.min(count, 3) }, (_, index) => `b-${index + 1}.${domain}:${port}`).join(",");
  const id = arn(request, "kafka", `cluster/${name}/${uuid(request.urn)}-2`);
  return {
    id,
    outputs: {
      clusterName: name,
      arn: id,
      clusterUuid: `${uuid(request.urn)}-2`,
      currentVersion: `K${alphanumeric(request.urn, 13)}`,
      bootstrapBrokersSaslIam: servers(9098),
      bootstrapBrokersTls: "",
      zookeeperConnectString: "",
    },
  };
};

const mskConfiguration: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  const id = arn(request, "kafka", `configuration/${name}/${uuid(request.urn)}-2`);
  return { id, outputs: { name, arn: id, latestRevision: 1 } };
};

const mskTopic: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  const cluster = text(request, "clusterArn", "");
  return {
    id: `${cluster},${name}`,
    outputs: {
      name,
      arn: `${cluster.replace(":cluster/", ":topic/")}/${name}`,
      configsActual: text(request, "configs", "{}"),
    },
  };
};

export const stores: SimulationTable = {
  "aws:rds/instance:Instance": rdsInstance,
  "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": backupsReplication,
  "aws:rds/parameterGroup:ParameterGroup": named("rds", "pg"),
  "aws:rds/subnetGroup:SubnetGroup": named("rds", "subgrp"),
  "aws:elasticache/parameterGroup:ParameterGroup": named("elasticache", "parametergroup"),
  "aws:elasticache/replicationGroup:ReplicationGroup": replicationGroup,
  "aws:elasticache/subnetGroup:SubnetGroup": named("elasticache", "subnetgroup"),
  "aws:elasticache/user:User": cacheUser,
  "aws:elasticache/userGroup:UserGroup": cacheUserGroup,
  "aws:msk/cluster:Cluster": mskCluster,
  "aws:msk/configuration:Configuration": mskConfiguration,
  "aws:msk/topic:Topic": mskTopic,
};
