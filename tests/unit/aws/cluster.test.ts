// Covers the EKS cluster: control plane, access, add-ons and their order, storage classes, controllers and their rights.
import { expect } from "chai";
import type { ClusterArgs } from "../../../components/cluster.ts";
import { secretMarker } from "../../../simulator/values.ts";
import { type Recording, recordResources } from "../../support/record.ts";
import {
  account,
  createFoundation,
  expectedTags,
  type FoundationChanges,
  inputsOf,
  protectedContext,
  statementsOf,
  zones,
} from "./fixture.ts";

const clusterName = "llm-marketplace-test-eks";
const record = (cluster: Partial<ClusterArgs> = {}, changes: FoundationChanges = {}) =>
  recordResources(() => {
    const foundation = createFoundation({ ...changes, cluster });
    return { kubeconfig: foundation.cluster.kubeconfig, name: foundation.cluster.name };
  });

describe("AWS cluster", () => {
  let recording: Recording;
  before(async () => {
    recording = await record();
  });

  const urn = (type: string, name: string) => recording.get(type, name).urn;
  const key = () => recording.get("aws:kms/key:Key", "encryption-key").outputs.arn;
  const controlPlane = () => recording.get("eks:index:Cluster", "cluster");

  it("is eks.Cluster with encrypted secrets, all logs, API access entries and standard support", () => {
    expect(inputsOf(controlPlane())).to.deep.equal({
      name: clusterName,
      version: "1.36",
      upgradePolicy: { supportType: "STANDARD" },
      vpcId: recording.get("aws:ec2/vpc:Vpc", "network-vpc").id,
      privateSubnetIds: zones.map(
        (zone) => recording.get("aws:ec2/subnet:Subnet", `network-private-${zone}`).id,
      ),
      endpointPrivateAccess: true,
      endpointPublicAccess: false,
      authenticationMode: "API",
      accessEntries: {},
      encryptionConfigKeyArn: key(),
      enabledClusterLogTypes: ["api", "audit", "authenticator", "controllerManager", "scheduler"],
      skipDefaultNodeGroup: true,
      skipDefaultSecurityGroups: true,
      createOidcProvider: false,
      kubernetesServiceIpAddressRange: "172.20.0.0/16",
      bootstrapSelfManagedAddons: false,
      kubeProxyAddonOptions: {
        enabled: true,
        version: "v1.36.0-eksbuild.1",
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      },
      vpcCniOptions: {
        addonVersion: "v1.36.0-eksbuild.1",
        enableNetworkPolicy: true,
        logLevel: "INFO",
        resolveConflictsOnCreate: "OVERWRITE",
        resolveConflictsOnUpdate: "OVERWRITE",
      },
      deletionProtection: false,
      tags: expectedTags("cluster", "cluster"),
    });
  });

  it("hands the remote component both its own provider and the one of its children", () => {
    const { provider, providers } = controlPlane();
    expect(provider).to.match(/::providers-eks::/);
    expect(Object.keys(providers)).to.have.members(["aws", "eks"]);
    expect(providers.aws).to.match(/::providers-aws::/);
  });

  it("writes its logs to an encrypted group that exists before it and forgets", () => {
    const group = recording.get("aws:cloudwatch/logGroup:LogGroup", "cluster-control-plane");
    expect(inputsOf(group)).to.deep.include({
      name: `/aws/eks/${clusterName}/cluster`,
      retentionInDays: 90,
      logGroupClass: "INFREQUENT_ACCESS",
      kmsKeyId: key(),
    });
    expect(controlPlane().dependencies).to.include(group.urn);
  });

  it("keeps logs for the next longer period that CloudWatch knows", async () => {
    const group = (await record({ auditLogRetentionDays: 91 })).get(
      "aws:cloudwatch/logGroup:LogGroup",
      "cluster-control-plane",
    );
    expect(inputsOf(group).retentionInDays).to.equal(120);
  });

  it("opens the API to listed ranges only in mode restricted", async () => {
    const restricted = await record({
      apiAccess: { mode: "restricted", allowedCidrs: ["203.0.113.0/24", "198.51.100.7/32"] },
    });
    expect(inputsOf(restricted.get("eks:index:Cluster", "cluster"))).to.deep.include({
      endpointPrivateAccess: true,
      endpointPublicAccess: true,
      publicAccessCidrs: ["203.0.113.0/24", "198.51.100.7/32"],
    });
    expect(inputsOf(controlPlane())).not.to.have.property("publicAccessCidrs");
  });

  it("refuses to open the API to the world", async () => {
    const open = record({ apiAccess: { mode: "restricted", allowedCidrs: ["203.0.113.0/24", "0.0.0.0/0"] } });
    const error = await open.then(
      () => undefined,
      (failure: Error) => failure,
    );
    expect(error?.message).to.equal(
      [
        "cluster.apiAccess.allowedCidrs: got 0.0.0.0/0",
        "  allowed: ranges of known networks, never the whole internet",
        "  fix: list the ranges of your offices and runners, or use mode: private",
      ].join("\n"),
    );
  });

  it("gives each administrator an access entry that stays when the list changes order", async () => {
    const roles = [`arn:aws:iam::${account}:role/ops`, `arn:aws:iam::${account}:role/platform`];
    const entriesOf = async (administrators: string[]) =>
      inputsOf((await record({ administrators })).get("eks:index:Cluster", "cluster"))
        .accessEntries as Record<string, { principalArn: string }>;
    const entries = await entriesOf(roles);
    expect(entries).to.deep.equal(await entriesOf([...roles].reverse()));
    expect(Object.values(entries)).to.have.deep.members(
      roles.map((principalArn) => ({
        principalArn,
        accessPolicies: {
          administrator: {
            policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            accessScope: { type: "cluster" },
          },
        },
      })),
    );
  });

  it("cannot be deleted by mistake where data is protected", async () => {
    const production = await record({}, { context: protectedContext });
    expect(inputsOf(production.get("eks:index:Cluster", "cluster")).deletionProtection).to.equal(true);
  });

  it("installs CoreDNS, the EBS driver and the identity agent as add-ons, kube-proxy and the CNI not again", () => {
    const addons = recording.ofType("aws:eks/addon:Addon").map((addon) => inputsOf(addon).addonName);
    expect(addons).to.have.members(["eks-pod-identity-agent", "coredns", "aws-ebs-csi-driver"]);
  });

  it("installs add-ons that need nodes after the nodes", () => {
    const nodes = urn("aws:eks/nodeGroup:NodeGroup", "cluster-general");
    for (const name of ["cluster-coredns", "cluster-ebs-csi"]) {
      expect(recording.get("aws:eks/addon:Addon", name).dependencies).to.include(nodes);
    }
    const agent = recording.get("aws:eks/addon:Addon", "cluster-pod-identity-agent");
    expect(agent.dependencies).not.to.include(nodes);
  });

  it("gives the EBS driver an identity through the add-on, the platform's key, and tags for its volumes", () => {
    const addon = recording.get("aws:eks/addon:Addon", "cluster-ebs-csi");
    const { Name: _, ...extraVolumeTags } = expectedTags("cluster", "cluster-ebs-csi");
    expect(inputsOf(addon)).to.deep.include({
      addonVersion: "v1.36.0-eksbuild.1",
      podIdentityAssociations: [
        {
          serviceAccount: "ebs-csi-controller-sa",
          roleArn: recording.get("aws:iam/role:Role", "cluster-ebs-csi").outputs.arn,
        },
      ],
      configurationValues: JSON.stringify({ controller: { extraVolumeTags } }),
    });
    const policy = recording.get("aws:iam/rolePolicy:RolePolicy", "cluster-ebs-csi");
    expect(new Set(statementsOf(policy).map((statement) => statement.Resource))).to.deep.equal(
      new Set([key()]),
    );
    expect(addon.dependencies).to.include(policy.urn);
  });

  it("gives the VPC CNI an identity of its own, so that the nodes need no right over network interfaces", () => {
    const association = recording.get(
      "aws:eks/podIdentityAssociation:PodIdentityAssociation",
      "cluster-vpc-cni",
    );
    expect(inputsOf(association)).to.include({
      clusterName,
      namespace: "kube-system",
      serviceAccount: "aws-node",
      roleArn: recording.get("aws:iam/role:Role", "cluster-vpc-cni").outputs.arn,
    });
    const attachment = recording.get(
      "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
      "cluster-vpc-cni-AmazonEKS_CNI_Policy",
    );
    expect(inputsOf(attachment).policyArn).to.equal("arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy");
    expect(association.dependencies).to.include(attachment.urn);
  });

  it("marks nodes with a security group that has no rule of its own", () => {
    const group = recording.get("aws:ec2/securityGroup:SecurityGroup", "cluster-nodes");
    expect(inputsOf(group)).to.have.all.keys("vpcId", "description", "tags");
    expect(inputsOf(group).tags).to.deep.equal(expectedTags("cluster", "cluster-nodes"));
    expect(recording.ofType("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")).to.deep.equal([]);
  });

  it("offers ssd as the default and hdd, both encrypted and bound where the pod runs", () => {
    const classOf = (name: string) =>
      inputsOf(recording.get("kubernetes:storage.k8s.io/v1:StorageClass", name));
    const common = {
      provisioner: "ebs.csi.aws.com",
      allowVolumeExpansion: true,
      reclaimPolicy: "Delete",
      volumeBindingMode: "WaitForFirstConsumer",
    };
    const parameters = { encrypted: "true", "csi.storage.k8s.io/fstype": "ext4", kmsKeyId: key() };
    expect(classOf("cluster-storage-ssd")).to.deep.include({
      ...common,
      parameters: { type: "gp3", ...parameters },
    });
    expect(classOf("cluster-storage-hdd")).to.deep.include({
      ...common,
      parameters: { type: "st1", ...parameters },
    });
    const isDefault = (name: string) =>
      (classOf(name).metadata as { annotations: Record<string, string> }).annotations;
    const annotation = "storageclass.kubernetes.io/is-default-class";
    expect(isDefault("cluster-storage-ssd")).to.deep.equal({ [annotation]: "true" });
    expect(isDefault("cluster-storage-hdd")).to.deep.equal({ [annotation]: "false" });
  });

  it("keeps volumes of deleted claims where data is protected", async () => {
    const production = await record({}, { context: protectedContext });
    const policies = production
      .ofType("kubernetes:storage.k8s.io/v1:StorageClass")
      .map((resource) => inputsOf(resource).reclaimPolicy);
    expect(policies).to.deep.equal(["Retain", "Retain"]);
  });

  it("reaches the cluster with tokens of the AWS CLI, and keeps the kubeconfig secret", () => {
    const kubeconfig = recording.outputs.kubeconfig as Record<string, unknown>;
    expect(Object.values(kubeconfig)).to.include(secretMarker);
    const provider = recording.get("pulumi:providers:kubernetes", "cluster-kubernetes");
    expect(Object.values(provider.inputs.kubeconfig as object)).to.include(secretMarker);
    expect(inputsOf(provider).enableServerSideApply).to.equal("true");
    const { users } = JSON.parse(String(inputsOf(provider).kubeconfig));
    expect(users[0].user.exec.args).to.deep.equal(
      `--region us-east-1 eks get-token --cluster-name ${clusterName} --output json`.split(" "),
    );
  });

  it("knows its name only once the control plane stands", () => {
    expect(recording.outputs.name).to.equal(clusterName);
    const agent = recording.get("aws:eks/addon:Addon", "cluster-pod-identity-agent");
    expect(agent.dependencies).to.include(controlPlane().urn);
  });

  const releases: readonly [name: string, identity: string | undefined][] = [
    ["cluster-metrics-server", undefined],
    ["cluster-autoscaler", "cluster-autoscaler"],
    ["cluster-load-balancer-controller", "aws-load-balancer-controller"],
    ["cluster-prometheus-definitions", undefined],
  ];
  for (const [name, serviceAccount] of releases) {
    it(`installs ${name} after DNS and nodes${serviceAccount ? ", with an identity" : ""}`, () => {
      const release = recording.get("kubernetes:helm.sh/v3:Release", name);
      expect(inputsOf(release).namespace).to.equal("kube-system");
      expect(release.provider).to.match(/::cluster-kubernetes::/);
      expect(release.dependencies).to.include.members([
        urn("aws:eks/addon:Addon", "cluster-coredns"),
        urn("aws:eks/nodeGroup:NodeGroup", "cluster-general"),
      ]);
      if (serviceAccount === undefined) return;
      const association = recording.get("aws:eks/podIdentityAssociation:PodIdentityAssociation", name);
      expect(inputsOf(association)).to.include({ namespace: "kube-system", serviceAccount });
      expect(release.dependencies).to.include(association.urn);
    });
  }

  it("lets the autoscaler find this cluster's groups, at the cluster's minor, spot first", () => {
    const { values } = inputsOf(recording.get("kubernetes:helm.sh/v3:Release", "cluster-autoscaler")) as {
      values: Record<string, unknown>;
    };
    expect(values).to.deep.include({
      cloudProvider: "aws",
      awsRegion: "us-east-1",
      autoDiscovery: { clusterName },
      expanderPriorities: { 10: [".*"], 50: [".*-spot-.*"] },
      rbac: { serviceAccount: { create: true, name: "cluster-autoscaler" } },
    });
    expect((values.image as { tag: string }).tag).to.match(/^v1\.36\.\d+$/);
    expect((values.extraArgs as { expander: string }).expander).to.equal("priority,least-waste");
  });

  it("tells the load balancer controller region and VPC, and leaves other Services alone", () => {
    const { values } = inputsOf(
      recording.get("kubernetes:helm.sh/v3:Release", "cluster-load-balancer-controller"),
    ) as { values: Record<string, unknown> };
    expect(values).to.include({
      clusterName,
      region: "us-east-1",
      vpcId: recording.get("aws:ec2/vpc:Vpc", "network-vpc").id,
      enableServiceMutatorWebhook: false,
      createIngressClassResource: false,
    });
  });

  it("runs two copies of each controller where data is protected, one elsewhere", async () => {
    const production = await record({}, { context: protectedContext });
    const copies = (of: Recording) =>
      ["cluster-autoscaler", "cluster-load-balancer-controller", "cluster-metrics-server"].map((name) => {
        const { values } = inputsOf(of.get("kubernetes:helm.sh/v3:Release", name)) as {
          values: { replicaCount?: number; replicas?: number };
        };
        return values.replicaCount ?? values.replicas;
      });
    expect(copies(recording)).to.deep.equal([1, 1, 1]);
    expect(copies(production)).to.deep.equal([2, 2, 2]);
  });
});

describe("Rights of the cluster's controllers", () => {
  let recording: Recording;
  before(async () => {
    recording = await record();
  });
  const policyOf = (name: string) => statementsOf(recording.get("aws:iam/rolePolicy:RolePolicy", name));
  /** Whether a statement allows nothing but reading. */
  const onlyReads = (statement: ReturnType<typeof policyOf>[number] | undefined) =>
    [statement?.Action ?? "nothing"].flat().every((action) => /:(Describe|Get|List)/.test(action));

  it("let the autoscaler change only scaling groups that carry this cluster's tag", () => {
    const [see, scale, groups] = policyOf("cluster-autoscaler");
    expect(onlyReads(see)).to.equal(true);
    expect(scale).to.deep.equal({
      Sid: "ScaleOwnGroups",
      Effect: "Allow",
      Action: ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      Resource: "*",
      Condition: { StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned" } },
    });
    expect(groups?.Resource).to.equal(`arn:aws:eks:us-east-1:${account}:nodegroup/${clusterName}/*`);
  });

  it("let the load balancer controller write nothing on every resource, and change only what it marked", () => {
    const statements = policyOf("cluster-load-balancer-controller");
    const wide = statements.filter((statement) => statement.Resource === "*");
    expect(wide.map((statement) => statement.Sid)).to.deep.equal(["See"]);
    expect(onlyReads(wide[0])).to.equal(true);
    const owned = { StringEquals: { "aws:ResourceTag/elbv2.k8s.aws/cluster": clusterName } };
    const conditionOf = (sid: string) => statements.find((statement) => statement.Sid === sid)?.Condition;
    expect(conditionOf("ChangeOwnLoadBalancers")).to.deep.equal(owned);
    expect(conditionOf("ChangeOwnSecurityGroups")).to.deep.equal(owned);
    expect(conditionOf("LetLoadBalancersReachTheNodes")).to.deep.equal({
      StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: "owned" },
    });
  });

  it("fit into the 10,240 characters that IAM allows inline policies of a role", () => {
    for (const policy of recording.ofType("aws:iam/rolePolicy:RolePolicy")) {
      expect(String(inputsOf(policy).policy).length).to.be.below(10_240);
    }
  });
});
