/** What keeps things: log groups, buckets, repositories, secrets, DNS zones. */
import type { Simulate, SimulationTable } from "../table.ts";
import { alphanumeric, arn, autoName, text } from "../values.ts";

const logGroup: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  return { id: name, outputs: { name, arn: arn(request, "logs", `log-group:${name}`) } };
};

const bucket: Simulate = (request) => {
  const name = text(request, "bucket", autoName(request));
  return {
    id: name,
    outputs: {
      bucket: name,
      arn: arn(request, "s3", name, { region: "", account: "" }),
      bucketDomainName: `${name}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${name}.s3.${request.region}.amazonaws.com`,
      hostedZoneId: "Z3AQBSTGFYJSTF",
      region: request.region,
    },
  };
};

/** A setting of a bucket: its id is the bucket's name. */
const bucketSetting: Simulate = (request) => ({ id: text(request, "bucket", "bucket"), outputs: {} });

const repository: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  return {
    id: name,
    outputs: {
      name,
      arn: arn(request, "ecr", `repository/${name}`),
      registryId: request.accountId,
      repositoryUrl: `${request.accountId}.dkr.ecr.${request.region}.amazonaws.com/${name}`,
    },
  };
};

const lifecyclePolicy: Simulate = (request) => ({
  id: text(request, "repository", "repository"),
  outputs: { registryId: request.accountId },
});

/** A secret's ARN ends in six characters that AWS adds. */
const secret: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  const value = arn(request, "secretsmanager", `secret:${name}-${alphanumeric(request.urn, 6)}`);
  return { id: value, outputs: { name, arn: value } };
};

const zone: Simulate = (request) => {
  const zoneId = `Z${alphanumeric(request.urn, 20)}`;
  const nameServers = [
    "ns-1.awsdns-01.example",
    "ns-2.awsdns-02.example",
    "ns-3.awsdns-03.example",
    "ns-4.awsdns-04.example",
  ];
  return {
    id: zoneId,
    outputs: {
      zoneId,
      arn: arn(request, "route53", `hostedzone/${zoneId}`, { region: "", account: "" }),
      nameServers,
      primaryNameServer: nameServers[0],
    },
  };
};

export const storage: SimulationTable = {
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  "aws:s3/bucket:Bucket": bucket,
  "aws:s3/bucketVersioning:BucketVersioning": bucketSetting,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": bucketSetting,
  "aws:s3/bucketPolicy:BucketPolicy": bucketSetting,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": bucketSetting,
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": bucketSetting,
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": bucketSetting,
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": bucketSetting,
  "aws:ecr/repository:Repository": repository,
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": lifecyclePolicy,
  "aws:secretsmanager/secret:Secret": secret,
  "aws:route53/zone:Zone": zone,
};
