// Covers the providers and the customer keys: rotation, alias, recovery region, and who the key policy lets in.
import { expect } from "chai";
import { recordResources } from "../../support/record.ts";
import {
  account,
  context,
  createEncryptionAndNetwork,
  expectedTags,
  type FoundationChanges,
  inputsOf,
  protectedContext,
  statementsOf,
} from "./fixture.ts";

const record = (changes: FoundationChanges = {}) =>
  recordResources(() => {
    createEncryptionAndNetwork({ network: { flowLogRetentionDays: 0 }, ...changes });
  });

describe("AWS providers", () => {
  it("are explicit, one for each region and one for EKS, under a component of their own", async () => {
    const { resources } = await record();
    const providers = resources.filter((resource) => resource.type.startsWith("pulumi:providers:"));
    expect(providers.map(({ type, name, inputs }) => [type, name, inputs.region])).to.have.deep.members([
      ["pulumi:providers:aws", "providers-aws", "us-east-1"],
      ["pulumi:providers:aws", "providers-aws-recovery", "us-west-2"],
      ["pulumi:providers:eks", "providers-eks", undefined],
    ]);
    const parent = resources.find((resource) => resource.type === "llm-marketplace:clouds:Providers");
    expect(new Set(providers.map((provider) => provider.parent))).to.deep.equal(new Set([parent?.urn]));
  });
});

describe("AWS encryption", () => {
  it("is one rotating key with an alias that people can type", async () => {
    const recording = await record();
    const key = recording.get("aws:kms/key:Key", "encryption-key");
    const { policy: _, ...inputs } = inputsOf(key);
    expect(inputs).to.deep.equal({
      description: "Data at rest of llm-marketplace test in us-east-1",
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      tags: expectedTags("encryption", "encryption-key"),
    });
    expect(inputsOf(recording.get("aws:kms/alias:Alias", "encryption-key-alias"))).to.deep.equal({
      name: "alias/llm-marketplace-test-encryption-key",
      targetKeyId: key.id,
    });
    expect(recording.ofType("aws:kms/key:Key")).to.have.length(1);
  });

  it("has a key of its own in the recovery region, under that region's provider", async () => {
    const recording = await record({ recovery: true });
    const key = recording.get("aws:kms/key:Key", "encryption-recovery-key");
    expect(key.provider).to.match(/::providers-aws-recovery::/);
    expect(recording.get("aws:kms/alias:Alias", "encryption-recovery-key-alias").provider).to.equal(
      key.provider,
    );
    expect(recording.get("aws:kms/key:Key", "encryption-key").provider).to.match(/::providers-aws::/);
    const [, logs] = statementsOf(key);
    expect(logs?.Principal).to.deep.equal({ Service: "logs.us-west-2.amazonaws.com" });
  });

  it("is protected where data is", async () => {
    const protectionOf = async (using: typeof context) =>
      (await record({ context: using })).get("aws:kms/key:Key", "encryption-key").protect;
    expect(await protectionOf(context)).to.equal(false);
    expect(await protectionOf(protectedContext)).to.equal(true);
  });

  it("leaves rights to the account's policies, and names only CloudWatch and two service-linked roles", async () => {
    const key = (await record()).get("aws:kms/key:Key", "encryption-key");
    const role = (path: string) => `arn:aws:iam::${account}:role/aws-service-role/${path}`;
    const onlyThem = {
      "kms:CallerAccount": account,
      "aws:PrincipalArn": [
        role("autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"),
        role("backup.amazonaws.com/AWSServiceRoleForBackup"),
      ],
    };
    expect(statementsOf(key)).to.deep.equal([
      {
        Sid: "RightsComeFromTheAccountsOwnPolicies",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: "kms:*",
        Resource: "*",
      },
      {
        Sid: "LogGroupsOfThisAccount",
        Effect: "Allow",
        Principal: { Service: "logs.us-east-1.amazonaws.com" },
        Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        Resource: "*",
        Condition: {
          ArnLike: {
            "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:us-east-1:${account}:log-group:*`,
          },
        },
      },
      {
        Sid: "AlarmsToEncryptedTopics",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
        Resource: "*",
        Condition: {
          StringEquals: { "aws:SourceAccount": account },
          ArnLike: { "aws:SourceArn": `arn:aws:cloudwatch:us-east-1:${account}:alarm:*` },
        },
      },
      {
        Sid: "NodeVolumesAndBackupCopies",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        Resource: "*",
        Condition: { StringEquals: onlyThem },
      },
      {
        Sid: "GrantsForNodeVolumesAndBackupCopies",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: "kms:CreateGrant",
        Resource: "*",
        Condition: { StringEquals: onlyThem, Bool: { "kms:GrantIsForAWSResource": "true" } },
      },
    ]);
  });
});
