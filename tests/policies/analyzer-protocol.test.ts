// How a pack behaves in the engine beyond what it finds: levels, exceptions, unknown values, remediation, and components
// of other plugins with and without their children.
import { expect } from "chai";
import { buildPack } from "../../tools/build-policies.ts";
import { Analyzer } from "../support/analyzer.ts";
import * as aws from "../unit/policies/fixtures/compliant/aws.ts";
import { absent, alter, type Fixture, planned, unknown } from "../unit/policies/fixtures/types.ts";

const topic = alter(aws.topic, { kmsMasterKeyId: "alias/aws/sns" });
const rule = "aws-sns-topic-customer-key";
const message =
  'alarms (aws:sns/topic:Topic): kmsMasterKeyId is "alias/aws/sns", required a customer key. Fix: set kmsMasterKeyId to the ARN of a customer key.';
const exception = {
  policy: rule,
  resource: "al*",
  reason: "Messages hold no data, agreed with the owner.",
  expires: "2999-12-31",
};

describe("a policy pack in the engine", () => {
  let analyzer: Analyzer;
  before(async () => {
    await buildPack("encryption");
    analyzer = await Analyzer.start("encryption");
  });
  after(() => analyzer.stop());

  const analyze = async (list: readonly Fixture[]) =>
    (await analyzer.analyze(planned(list))).map(
      ({ policy, level, message: text }) => `${level} ${policy} ${text}`,
    );

  it("reports at the level of the configuration, of the policy before that of all", async () => {
    await analyzer.configure({ all: "advisory" });
    expect(await analyze([topic])).to.deep.equal([`advisory ${rule} ${message}`]);
    await analyzer.configure({ all: "advisory", [rule]: "mandatory" });
    expect(await analyze([topic])).to.deep.equal([`mandatory ${rule} ${message}`]);
    await analyzer.configure({ [rule]: { enforcementLevel: "disabled" } });
    expect(await analyze([topic])).to.deep.equal([]);
  });

  it("says nothing of what is excepted, and that an exception has expired", async () => {
    await analyzer.configure({ [rule]: { exceptions: [exception] } });
    expect(await analyze([topic])).to.deep.equal([]);
    await analyzer.configure({ [rule]: { exceptions: [{ ...exception, expires: "2026-01-01" }] } });
    expect(await analyze([topic])).to.deep.equal([
      `mandatory ${rule} ${message} The exception for it expired on 2026-01-01: ${exception.reason}`,
    ]);
  });

  it("takes an exception that the resource declares itself", async () => {
    await analyzer.configure({});
    const key = `llm-marketplace.io/exception.${rule}`;
    const declared = {
      ...topic,
      props: { ...topic.props, tags: { [key]: "2999-12-31 Messages hold no data." } },
    };
    expect(await analyze([declared])).to.deep.equal([]);
  });

  it("lets the SDK say itself that a value is not known during preview", async () => {
    await analyzer.configure({});
    expect(await analyze([alter(aws.topic, { kmsMasterKeyId: unknown })])).to.deep.equal([
      `advisory ${rule} can't run policy '${rule}' from policy pack 'llm-marketplace-encryption@v0.1.0' during preview: string value at .kmsMasterKeyId can't be known during preview`,
    ]);
  });

  it("reports what is certain before it says what is not", async () => {
    await analyzer.configure({});
    const two = alter(aws.bucketAccess, { blockPublicAcls: unknown, blockPublicPolicy: false });
    const name = "aws-s3-access-block-complete";
    expect(await analyze([two])).to.deep.equal([
      `mandatory ${name} objects-access (aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock): blockPublicPolicy is false, required true. Fix: set blockPublicPolicy to true.`,
      `advisory ${name} can't run policy '${name}' from policy pack 'llm-marketplace-encryption@v0.1.0' during preview: string value at .blockPublicAcls can't be known during preview`,
    ]);
  });

  it("judges a component by what it stands for where its children are not there", async () => {
    await analyzer.configure({});
    const open = alter(aws.clusterComponent, { endpointPublicAccess: absent });
    const found = await analyzer.analyze(planned([open]));
    expect(found.map(({ policy, urn }) => `${policy} ${urn}`)).to.deep.equal([
      "aws-eks-cluster-private-api urn:pulumi:test::test::eks:index:Cluster::market",
    ]);
  });

  it("judges only the children where they are there", async () => {
    await analyzer.configure({});
    const open = alter(aws.clusterComponent, { endpointPublicAccess: absent });
    const child = {
      ...alter(aws.cluster, { "encryptionConfig.provider.keyArn": absent }),
      name: "market-eksCluster",
      parent: "market",
    };
    const found = await analyzer.analyze(planned([open, child]));
    expect(found.map(({ policy, urn }) => `${policy} ${urn}`)).to.deep.equal([
      "aws-eks-cluster-secrets-key urn:pulumi:test::test::aws:eks/cluster:Cluster::market-eksCluster",
    ]);
  });

  it("leaves a component alone that shows no argument yet", async () => {
    await analyzer.configure({});
    expect(await analyze([{ ...aws.clusterComponent, props: {} }])).to.deep.equal([]);
  });

  it("mends in place what loses nothing, and only where it is asked to and not excepted", async () => {
    const [broken] = planned([alter(aws.key, { enableKeyRotation: false })]);
    const [right] = planned([aws.key]);
    if (!broken || !right) throw new Error("no resource");
    const policy = "aws-kms-key-rotation";
    await analyzer.configure({});
    expect(await analyzer.remediate(broken)).to.equal(undefined);
    await analyzer.configure({}, [policy]);
    expect(await analyzer.remediate(broken)).to.deep.equal({ ...broken.inputs, enableKeyRotation: true });
    expect(await analyzer.remediate(right)).to.equal(undefined);
    await analyzer.configure({ [policy]: { exceptions: [{ ...exception, policy, resource: "key" }] } }, [
      policy,
    ]);
    expect(await analyzer.remediate(broken)).to.equal(undefined);
  });
});
