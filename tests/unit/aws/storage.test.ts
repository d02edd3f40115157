// Covers what keeps things on AWS: object stores with their copies, the registry, secrets, DNS; and the gateway's exposure.
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { Cloud, EncryptionOutputs, NetworkOutputs } from "../../../components/clouds/contract.ts";
import type { PlatformContext } from "../../../components/core/context.ts";
import { Registry } from "../../../components/registry.ts";
import { type Recording, recordResources } from "../../support/record.ts";
import {
  context,
  createEncryptionAndNetwork,
  expectedTags,
  inputsOf,
  protectedContext,
  statementsOf,
} from "./fixture.ts";

interface Parts {
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly network: NetworkOutputs;
  readonly parent: pulumi.ComponentResource;
}

class Owner extends pulumi.ComponentResource {
  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:test:Owner", name, {}, opts);
    this.registerOutputs({});
  }
}

const record = (build: (parts: Parts) => unknown, using: PlatformContext = context) =>
  recordResources(() => {
    const base = createEncryptionAndNetwork({
      context: using,
      recovery: true,
      network: { flowLogRetentionDays: 0 },
    });
    return build({ ...base, parent: new Owner("owner", { providers: base.cloud.providers }) }) as object;
  });

const keyArn = (recording: Recording, name = "encryption-key") =>
  recording.get("aws:kms/key:Key", name).outputs.arn;

describe("AWS object store", () => {
  const store = (replicate: boolean, expireDays = 0, using: PlatformContext = context) =>
    record(({ cloud, encryption, parent }) => {
      const { bucket, reference, region } = cloud.objectStore(parent, "owner", {
        context: using,
        encryption,
        purpose: "logs",
        expireDays,
        replicate,
      });
      return { bucket, reference, region };
    }, using);
  const setting = (recording: Recording, kind: string, name = "owner-logs") => {
    const type = `aws:s3/${kind.charAt(0).toLowerCase()}${kind.slice(1)}:${kind}`;
    const { bucket, ...inputs } = inputsOf(recording.get(type, name));
    expect(bucket).to.equal(recording.get("aws:s3/bucket:Bucket", name).id);
    return inputs;
  };

  let recording: Recording;
  before(async () => {
    recording = await store(false);
  });

  it("is private, versioned, owned by the account and under the platform's key", () => {
    expect(setting(recording, "BucketPublicAccessBlock")).to.deep.equal({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(setting(recording, "BucketOwnershipControls")).to.deep.equal({
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
    expect(setting(recording, "BucketVersioning")).to.deep.equal({
      versioningConfiguration: { status: "Enabled" },
    });
    expect(setting(recording, "BucketServerSideEncryptionConfiguration")).to.deep.equal({
      rules: [
        {
          applyServerSideEncryptionByDefault: {
            sseAlgorithm: "aws:kms",
            kmsMasterKeyId: keyArn(recording),
          },
          bucketKeyEnabled: true,
        },
      ],
    });
  });

  it("refuses plain HTTP and old TLS", () => {
    const arn = recording.get("aws:s3/bucket:Bucket", "owner-logs").outputs.arn;
    const everything = { Effect: "Deny", Principal: "*", Action: "s3:*", Resource: [arn, `${arn}/*`] };
    expect(statementsOf(recording.get("aws:s3/bucketPolicy:BucketPolicy", "owner-logs"))).to.deep.equal([
      { Sid: "NoPlainHttp", ...everything, Condition: { Bool: { "aws:SecureTransport": "false" } } },
      { Sid: "NoOldTls", ...everything, Condition: { NumericLessThan: { "s3:TlsVersion": "1.2" } } },
    ]);
  });

  it("throws away leftovers, and objects only where they expire", async () => {
    const leftovers = {
      id: "leftovers",
      status: "Enabled",
      filter: {},
      noncurrentVersionExpiration: { noncurrentDays: 30 },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    };
    expect(setting(recording, "BucketLifecycleConfiguration").rules).to.deep.equal([leftovers]);
    expect(setting(await store(false, 14), "BucketLifecycleConfiguration").rules).to.deep.equal([
      leftovers,
      { id: "expiry", status: "Enabled", filter: {}, expiration: { days: 14 } },
    ]);
  });

  it("hands out bucket, ARN and region", () => {
    const { id, outputs } = recording.get("aws:s3/bucket:Bucket", "owner-logs");
    expect(recording.outputs).to.deep.equal({ bucket: id, reference: outputs.arn, region: "us-east-1" });
  });

  it("is emptied with the stack only where data is not protected", async () => {
    const bucketOf = (of: Recording) => of.get("aws:s3/bucket:Bucket", "owner-logs");
    expect(inputsOf(bucketOf(recording)).forceDestroy).to.equal(true);
    expect(bucketOf(recording).protect).to.equal(false);
    const production = bucketOf(await store(false, 0, protectedContext));
    expect(inputsOf(production).forceDestroy).to.equal(false);
    expect(production.protect).to.equal(true);
  });

  it("has no copy unless asked for", () => {
    expect(recording.ofType("aws:s3/bucket:Bucket")).to.have.length(1);
    expect(recording.ofType("aws:s3/bucketReplicationConfig:BucketReplicationConfig")).to.deep.equal([]);
  });

  it("copies to a bucket of the recovery region under that region's provider and key", async () => {
    const replicated = await store(true);
    const replica = replicated.get("aws:s3/bucket:Bucket", "owner-logs-recovery");
    const ofReplica = replicated.resources.filter(
      ({ name, type }) => name === "owner-logs-recovery" && type.startsWith("aws:s3/bucket"),
    );
    const elsewhere = ofReplica.filter(({ provider }) => !provider.includes("::providers-aws-recovery::"));
    expect(ofReplica).to.have.length(8);
    expect(elsewhere.map(({ type }) => type)).to.deep.equal([
      "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
    ]);
    const replication = replicated.get(
      "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
      "owner-logs-recovery",
    );
    const recoveryKey = keyArn(replicated, "encryption-recovery-key");
    expect(inputsOf(replication)).to.deep.equal({
      bucket: replicated.get("aws:s3/bucket:Bucket", "owner-logs").id,
      role: replicated.get("aws:iam/role:Role", "owner-logs-recovery").outputs.arn,
      rules: [
        {
          id: "everything",
          status: "Enabled",
          priority: 0,
          filter: {},
          deleteMarkerReplication: { status: "Disabled" },
          sourceSelectionCriteria: { sseKmsEncryptedObjects: { status: "Enabled" } },
          destination: {
            bucket: replica.outputs.arn,
            storageClass: "STANDARD_IA",
            encryptionConfiguration: { replicaKmsKeyId: recoveryKey },
          },
        },
      ],
    });
    const versionings = replicated.ofType("aws:s3/bucketVersioning:BucketVersioning");
    expect(replication.dependencies).to.include.members(versionings.map(({ urn }) => urn));
  });

  it("lets replication read one bucket and write the other, each key through S3 of its region", async () => {
    const replicated = await store(true);
    const arnOf = (name: string) => replicated.get("aws:s3/bucket:Bucket", name).outputs.arn;
    const policy = replicated.get("aws:iam/rolePolicy:RolePolicy", "owner-logs-recovery");
    const through = (region: string) => ({
      StringEquals: { "kms:ViaService": `s3.${region}.amazonaws.com` },
    });
    const statements = statementsOf(policy);
    expect(statements.map(({ Resource, Condition }) => [Resource, Condition])).to.deep.equal([
      [arnOf("owner-logs"), undefined],
      [`${arnOf("owner-logs")}/*`, undefined],
      [`${arnOf("owner-logs-recovery")}/*`, undefined],
      [keyArn(replicated), through("us-east-1")],
      [keyArn(replicated, "encryption-recovery-key"), through("us-west-2")],
    ]);
    // Without the right to a data key nothing arrives in a bucket that has a bucket key.
    expect(statements.at(-1)?.Action).to.deep.equal(["kms:Encrypt", "kms:GenerateDataKey"]);
  });

  it("lets S3 take the replication role without a condition that S3 might not meet", async () => {
    const role = (await store(true)).get("aws:iam/role:Role", "owner-logs-recovery");
    expect(JSON.parse(String(inputsOf(role).assumeRolePolicy)).Statement).to.deep.equal([
      {
        Sid: "AssumedByTheService",
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ]);
  });
});

describe("AWS registry", () => {
  const registry = (using: PlatformContext = context) =>
    record(({ cloud, encryption }) => {
      const { repositoryUrls } = new Registry("registry", {
        context: using,
        cloud,
        encryption,
        repositories: ["publishing", "admin"],
        keepImages: 20,
      });
      return { ...repositoryUrls };
    }, using);

  it("has an encrypted repository a service, with tags that never move and a scan of every push", async () => {
    const recording = await registry();
    expect(inputsOf(recording.get("aws:ecr/repository:Repository", "registry-publishing"))).to.deep.equal({
      name: "llm-marketplace/test/publishing",
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: keyArn(recording) }],
      forceDelete: true,
      tags: expectedTags("registry", "registry-publishing"),
    });
    expect(recording.outputs).to.deep.equal({
      admin: "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-marketplace/test/admin",
      publishing: "123456789012.dkr.ecr.us-east-1.amazonaws.com/llm-marketplace/test/publishing",
    });
  });

  it("keeps the newest images and drops untagged layers after a week", async () => {
    const policy = (await registry()).get("aws:ecr/lifecyclePolicy:LifecyclePolicy", "registry-admin");
    const { rules } = JSON.parse(String(inputsOf(policy).policy));
    expect(rules.map((rule: { selection: object }) => rule.selection)).to.deep.equal([
      { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 7 },
      { tagStatus: "any", countType: "imageCountMoreThan", countNumber: 20 },
    ]);
  });

  it("keeps its images where data is protected", async () => {
    const repository = (await registry(protectedContext)).get(
      "aws:ecr/repository:Repository",
      "registry-admin",
    );
    expect(repository.protect).to.equal(true);
    expect(inputsOf(repository).forceDelete).to.equal(false);
  });
});

describe("AWS secrets", () => {
  const secret = (using: PlatformContext = context) =>
    record(({ cloud, encryption, parent }) => {
      const { remoteKey } = cloud.secret(parent, "owner-pagerduty", {
        context: using,
        encryption,
        secretName: "pagerduty",
        description: "Integration key",
      });
      return { remoteKey };
    }, using);

  it("are empty, under the stack's prefix and the platform's key", async () => {
    const recording = await secret();
    expect(
      inputsOf(recording.get("aws:secretsmanager/secret:Secret", "owner-pagerduty-secret")),
    ).to.deep.equal({
      name: "llm-marketplace/test/pagerduty",
      description: "Integration key",
      kmsKeyId: keyArn(recording),
      recoveryWindowInDays: 0,
      tags: expectedTags("secrets", "owner-pagerduty-secret"),
    });
    expect(recording.ofType("aws:secretsmanager/secretVersion:SecretVersion")).to.deep.equal([]);
    expect(recording.outputs).to.deep.equal({ remoteKey: "llm-marketplace/test/pagerduty" });
  });

  it("can be brought back for thirty days where data is protected", async () => {
    const kept = (await secret(protectedContext)).get(
      "aws:secretsmanager/secret:Secret",
      "owner-pagerduty-secret",
    );
    expect(inputsOf(kept).recoveryWindowInDays).to.equal(30);
    expect(kept.protect).to.equal(true);
  });
});

describe("AWS DNS", () => {
  it("is a public zone whose records cert-manager may answer with its own identity", async () => {
    const recording = await record(({ cloud, parent }) => {
      const { zoneId, nameServers, acmeSolver } = cloud.dns(parent, "edge", {
        context,
        domain: "test.market.example.com",
      });
      return { zoneId, nameServers, acmeSolver };
    });
    const zone = recording.get("aws:route53/zone:Zone", "edge-zone");
    expect(inputsOf(zone)).to.deep.equal({
      name: "test.market.example.com",
      comment: "llm-marketplace test",
      forceDestroy: true,
      tags: expectedTags("edge", "edge-zone"),
    });
    expect(recording.outputs).to.deep.equal({
      zoneId: zone.id,
      nameServers: zone.outputs.nameServers,
      acmeSolver: { dns01: { route53: { region: "us-east-1", hostedZoneID: zone.id } } },
    });
  });
});

describe("AWS gateway", () => {
  it("is a public network load balancer that passes TCP through and tells the caller's address", async () => {
    const recording = await record(({ cloud, network }) => cloud.gateway({ context, network }));
    const prefix = "service.beta.kubernetes.io/aws-load-balancer";
    const subnets = ["a", "b", "c"].map(
      (letter) => recording.get("aws:ec2/subnet:Subnet", `network-public-us-east-1${letter}`).id,
    );
    expect(recording.outputs).to.deep.equal({
      serviceType: "LoadBalancer",
      loadBalancerClass: "service.k8s.aws/nlb",
      proxyProtocol: true,
      annotations: {
        [`${prefix}-name`]: "llm-marketplace-test-gateway",
        [`${prefix}-scheme`]: "internet-facing",
        [`${prefix}-nlb-target-type`]: "ip",
        [`${prefix}-backend-protocol`]: "tcp",
        [`${prefix}-subnets`]: subnets.join(","),
        [`${prefix}-attributes`]: "load_balancing.cross_zone.enabled=true",
        [`${prefix}-target-group-attributes`]:
          "proxy_protocol_v2.enabled=true,preserve_client_ip.enabled=false,deregistration_delay.timeout_seconds=60,deregistration_delay.connection_termination.enabled=true",
        [`${prefix}-additional-resource-tags`]:
          "Project=llm-marketplace,Stack=test,Environment=dev,Component=mesh,Owner=platform,CostCentre=marketplace,ManagedBy=pulumi",
      },
    });
  });
});
