import { configuring, undecided } from "../../../shared/belongs.ts";
import { fsbp, nist } from "../../../shared/frameworks.ts";
import type { Finding, GuardedResource, Rule, StackRule } from "../../../shared/rule.ts";
import { expectProperty, finding, isObject, read, readList, type Wording } from "../../../shared/value.ts";
import { isCustomerKey } from "../forms.ts";

/** Pulumi's v6 names of the same resources are still in states and programs. */
const bucketTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const encryptionTypes = [
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
];
const accessTypes = ["aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"];
const policyTypes = ["aws:s3/bucketPolicy:BucketPolicy"];
const bucketNames = ["bucket", "id", "arn"];
const inlineKey = "serverSideEncryptionConfiguration.rule.applyServerSideEncryptionByDefault.kmsMasterKeyId";
const replicaKey = "destination.encryptionConfiguration.replicaKmsKeyId";
const separateKey = "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId";

/** A rule of buckets that is met by a resource beside the bucket. */
interface BucketRule extends Omit<StackRule, "kind" | "check"> {
  /** Kinds of that resource, and what one is called in a message. */
  readonly beside: readonly string[];
  readonly called: string;
  readonly fix: string;
  /** Whether the bucket needs none, because it says the same itself. */
  readonly inline?: (bucket: GuardedResource) => boolean;
  /** What is wrong where the bucket has none. */
  readonly without: (bucket: GuardedResource) => Finding[];
  /** What is wrong with those that it has, at least one. */
  readonly judge: (own: readonly GuardedResource[]) => Finding[];
}

function bucketRule(spec: BucketRule): Rule {
  const { beside, called, fix, inline = () => false, without, judge, ...rule } = spec;
  return {
    ...rule,
    kind: "stack",
    check: (resources) =>
      resources
        .filter(({ type }) => bucketTypes.includes(type))
        .flatMap((bucket) => {
          const own = configuring(resources, beside, "bucket", bucket, bucketNames);
          if (own.length > 0) return judge(own);
          if (inline(bucket)) return [];
          const [open] = undecided(resources, beside, "bucket");
          const required = `${called} for the bucket ${bucket.name}`;
          return open ? [finding(open, "bucket", { required, fix })] : without(bucket);
        }),
  };
}

const keyWording: Wording = {
  required: "a customer key",
  fix: "set kmsMasterKeyId of the bucket's BucketServerSideEncryptionConfiguration to the ARN of a customer key",
};
const accessWording: Wording = {
  required: "a BucketPublicAccessBlock for this bucket",
  fix: "add a BucketPublicAccessBlock with all four settings true",
};
const policyWording: Wording = {
  required: "a statement that denies s3:* where aws:SecureTransport is false",
  fix: "add a BucketPolicy with such a statement",
};
const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];

/** Buckets: what protects one is often a resource of its own, so the whole stack is judged. */
export const awsBucketRules: readonly Rule[] = [
  bucketRule({
    name: "aws-s3-bucket-customer-key",
    description:
      "A bucket must encrypt objects with a customer key, so that the key's owner decides who can read the data and can end that.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      "Add a BucketServerSideEncryptionConfiguration with aws:kms and the customer key. The change is made in place and holds for new objects; copy old ones onto themselves.",
    beside: encryptionTypes,
    called: "a BucketServerSideEncryptionConfiguration",
    fix: keyWording.fix,
    inline: (bucket) => expectProperty(bucket, inlineKey, isCustomerKey, keyWording).length === 0,
    without: (bucket) => expectProperty(bucket, inlineKey, isCustomerKey, keyWording),
    judge: (own) => own.flatMap((one) => expectProperty(one, separateKey, isCustomerKey, keyWording)),
  }),
  {
    name: "aws-s3-replication-customer-key",
    kind: "resource",
    types: ["aws:s3/bucketReplicationConfig:BucketReplicationConfig"],
    description:
      "Copies of a bucket's objects in another region must be encrypted with a customer key of that region, so that the key's owner decides who can read the data and can end that.",
    severity: "high",
    frameworks: [nist("SC-28(1)")],
    remediation:
      "Set destination.encryptionConfiguration.replicaKmsKeyId of every rule. The change is made in place and holds for new copies.",
    check: (resource) => {
      const wording = {
        required: "a customer key",
        fix: `set ${replicaKey} of every rule to the ARN of a customer key`,
      };
      return readList(resource.props, "rules").flatMap(({ path, found }) =>
        found.state === "unknown"
          ? [finding(resource, path, wording)]
          : expectProperty(resource, `${path}.${replicaKey}`, isCustomerKey, wording),
      );
    },
  },
  bucketRule({
    name: "aws-s3-bucket-private",
    description:
      "A bucket must have a public access block, because one wrong policy or list would open it to the world.",
    severity: "critical",
    frameworks: [fsbp("S3.8"), nist("SC-7")],
    remediation:
      "Add a BucketPublicAccessBlock for the bucket with all four settings true. The change is made in place.",
    beside: accessTypes,
    called: "a BucketPublicAccessBlock",
    fix: accessWording.fix,
    without: (resource) => [{ resource, property: "publicAccessBlock", actual: "absent", ...accessWording }],
    // What is in it is a rule of its own.
    judge: () => [],
  }),
  {
    name: "aws-s3-access-block-complete",
    kind: "resource",
    types: accessTypes,
    description:
      "A public access block must set all four of its settings, because each closes another way in.",
    severity: "critical",
    frameworks: [fsbp("S3.8"), nist("SC-7")],
    remediation: `Set ${flags.join(", ")} to true. The change is made in place.`,
    check: (resource) =>
      flags.flatMap((flag) =>
        expectProperty(resource, flag, (value) => value === true, {
          required: "true",
          fix: `set ${flag} to true`,
        }),
      ),
    remediate: ({ props }) => ({ ...props, ...Object.fromEntries(flags.map((flag) => [flag, true])) }),
  },
  bucketRule({
    name: "aws-s3-bucket-tls",
    description:
      "A bucket must refuse requests without TLS, so that nobody on the way reads or changes objects.",
    severity: "high",
    frameworks: [fsbp("S3.5"), nist("SC-8(1)")],
    remediation:
      "Add a BucketPolicy that denies s3:* where aws:SecureTransport is false. The change is made in place.",
    beside: policyTypes,
    called: "a BucketPolicy",
    fix: policyWording.fix,
    without: (resource) => [{ resource, property: "bucketPolicy", actual: "absent", ...policyWording }],
    judge: (own) =>
      own.some(({ props }) => deniesPlainRequests(props.policy)) ? [] : own.slice(0, 1).map(noDenial),
  }),
];

function noDenial(policy: GuardedResource): Finding {
  return finding(policy, "policy", { ...policyWording, actual: "a policy without that statement" });
}

function deniesPlainRequests(policy: unknown): boolean {
  const document = typeof policy === "string" ? parse(policy) : policy;
  const found = read(document, "Statement");
  const statements = found.state === "value" ? [found.value].flat() : [];
  return statements.some((statement: unknown) => {
    if (!isObject(statement) || statement.Effect !== "Deny") return false;
    const secure = read(statement, 'Condition.Bool["aws:SecureTransport"]');
    const isPlain = secure.state === "value" && String(secure.value) === "false";
    return isPlain && [statement.Action].flat().some((action) => action === "s3:*" || action === "*");
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
