import { cisEks, fsbp, nist, securityHub } from "../../../shared/frameworks.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { Finding, GuardedResource, ResourceRule, Rule } from "../../../shared/rule.ts";
import { numberOf } from "../../../shared/settings.ts";
import { expectProperty, finding, read, readList, type Wording } from "../../../shared/value.ts";
import { customerKeyRule, encryptedRule, isCustomerKey, valueRule } from "../forms.ts";
import { publicApiFindings } from "../world.ts";

const volume = { types: "aws:ebs/volume:Volume", subject: "a volume", replaces: true };
const template = "aws:ec2/launchTemplate:LaunchTemplate";
const machine = "aws:ec2/instance:Instance";

const volumes: readonly Rule[] = [
  encryptedRule({
    ...volume,
    name: "aws-ebs-volume-encryption",
    property: "encrypted",
    frameworks: [fsbp("EC2.3")],
  }),
  customerKeyRule({
    ...volume,
    name: "aws-ebs-volume-customer-key",
    property: "kmsKeyId",
    frameworks: [fsbp("EC2.3")],
  }),
  templateDiskRule({
    name: "aws-ec2-template-encryption",
    description:
      "Every disk of a launch template must be encrypted, because nodes keep images, logs and volumes of pods on it.",
    property: "encrypted",
    holds: (value) => value === true || value === "true",
    wording: { required: "true", fix: "set encrypted of the disk to true" },
  }),
  templateDiskRule({
    name: "aws-ec2-template-customer-key",
    description:
      "Every disk of a launch template must be encrypted with a customer key, so that the key's owner decides who can read the data and can end that.",
    property: "kmsKeyId",
    holds: isCustomerKey,
    wording: { required: "a customer key", fix: "set kmsKeyId of the disk to the ARN of a customer key" },
  }),
  encryptedRule({
    name: "aws-ec2-instance-encryption",
    types: machine,
    subject: "the root disk of an instance",
    property: "rootBlockDevice.encrypted",
    frameworks: [fsbp("EC2.3")],
    replaces: true,
  }),
];

/** Both the template and the component's own one name no disk where the image's unencrypted default is to be used. */
function templateDiskRule(spec: {
  readonly name: string;
  readonly description: string;
  readonly property: string;
  readonly holds: (value: unknown) => boolean;
  readonly wording: Wording;
}): ResourceRule {
  const { name, description, property, holds, wording } = spec;
  return {
    name,
    kind: "resource",
    types: [template],
    description,
    severity: "high",
    frameworks: [fsbp("EC2.181"), nist("SC-28(1)")],
    remediation:
      "Set it on every disk of the template; nodes take it over as they are replaced, a quarter at a time.",
    check: (resource) => {
      const disks = readList(resource.props, "blockDeviceMappings");
      if (disks.length === 0) return [finding(resource, "blockDeviceMappings", withDisk(wording))];
      return disks.flatMap(({ path, found }) =>
        found.state === "unknown"
          ? [finding(resource, path, wording)]
          : expectProperty(resource, `${path}.ebs.${property}`, holds, wording),
      );
    },
  };
}

function withDisk({ required, fix }: Wording): Wording {
  return {
    required: `a disk with ${required}`,
    fix: `list the image's root disk in blockDeviceMappings and ${fix}`,
  };
}

const metadata: readonly Rule[] = [
  valueRule({
    name: "aws-ec2-template-imdsv2",
    types: template,
    subject: "a launch template",
    property: "metadataOptions.httpTokens",
    must: "must require a session token for instance metadata, so that a forged request gets no credentials (IMDSv2)",
    allowed: ["required"],
    frameworks: [fsbp("EC2.170")],
  }),
  propertyRule({
    name: "aws-ec2-template-metadata-hops",
    types: template,
    property: "metadataOptions.httpPutResponseHopLimit",
    description:
      "Metadata of a node must not reach its pods: a limit of one hop ends at the node's own network.",
    severity: "high",
    frameworks: [fsbp("AutoScaling.4")],
    remediation:
      "Set metadataOptions.httpPutResponseHopLimit to 1 and give pods an identity of their own. The change is made in place.",
    settings: {
      maximumHops: {
        type: "integer",
        minimum: 1,
        maximum: 2,
        default: 1,
        description:
          "Network hops that an answer of the metadata service may take; 2 lets pods read the node's credentials.",
      },
    },
    holds: (value, context) => typeof value === "number" && value <= numberOf(context, "maximumHops"),
    required: (context) => `at most ${numberOf(context, "maximumHops")}`,
    fix: (context) => `set metadataOptions.httpPutResponseHopLimit to ${numberOf(context, "maximumHops")}`,
  }),
  valueRule({
    name: "aws-ec2-instance-imdsv2",
    types: machine,
    subject: "an instance",
    property: "metadataOptions.httpTokens",
    must: "must require a session token for instance metadata, so that a forged request gets no credentials (IMDSv2)",
    allowed: ["required"],
    frameworks: [fsbp("EC2.8")],
  }),
];

const clusters: readonly Rule[] = [
  customerKeyRule({
    name: "aws-eks-cluster-secrets-key",
    types: "aws:eks/cluster:Cluster",
    subject: "the secrets of an EKS cluster",
    property: "encryptionConfig.provider.keyArn",
    frameworks: [cisEks("5.3.1")],
  }),
  {
    name: "aws-eks-cluster-private-api",
    kind: "resource",
    types: ["aws:eks/cluster:Cluster"],
    description:
      "The API of an EKS cluster must not be open to the world: only from inside the network, or from named ranges.",
    severity: "critical",
    frameworks: [fsbp("EKS.1"), cisEks("5.4.1"), cisEks("5.4.2")],
    remediation:
      "Set endpointPrivateAccess to true and endpointPublicAccess to false, or name the offices' ranges in publicAccessCidrs. The change is made in place.",
    check: (resource) =>
      publicApiFindings(resource, {
        open: { property: "vpcConfig.endpointPublicAccess", closedBy: false },
        ranges: "vpcConfig.publicAccessCidrs",
      }),
  },
  {
    name: "aws-eks-nodegroup-template",
    kind: "resource",
    types: ["aws:eks/nodeGroup:NodeGroup"],
    description:
      "A node group must have a launch template, because without one EKS gives its nodes unencrypted disks and a metadata service that pods reach.",
    severity: "high",
    frameworks: [fsbp("AutoScaling.9"), nist("SC-28(1)")],
    remediation:
      "Give the group a launch template with encrypted disks and IMDSv2. The group is replaced: EKS moves its pods over.",
    check: (resource) => templateFindings(resource),
  },
];

function templateFindings(resource: GuardedResource): Finding[] {
  const byName = read(resource.props, "launchTemplate.name");
  if (byName.state === "value") return [];
  return expectProperty(resource, "launchTemplate.id", (value) => value !== "", {
    required: "a launch template",
    fix: "set launchTemplate to a template with encrypted disks and IMDSv2",
  });
}

const keys: readonly Rule[] = [
  valueRule({
    name: "aws-kms-key-rotation",
    types: "aws:kms/key:Key",
    subject: "a customer key",
    property: "enableKeyRotation",
    must: "must be rotated every year, so that no key material protects data for ever",
    allowed: [true],
    severity: "medium",
    frameworks: [securityHub("KMS.4"), nist("SC-12")],
    // KMS rotates symmetric keys only.
    applies: ({ props }) => {
      const spec = read(props, "customerMasterKeySpec");
      return spec.state !== "value" || spec.value === "SYMMETRIC_DEFAULT";
    },
    remediate: ({ props }) => ({ ...props, enableKeyRotation: true }),
  }),
];

/** Disks, nodes, the cluster's API and keys of AWS. */
export const awsComputeRules: readonly Rule[] = [...volumes, ...metadata, ...clusters, ...keys];
