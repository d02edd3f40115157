// Bad input: what the user sees, word for word, for each way in which a stack file can be wrong.
import { expect } from "chai";
import { catalogFindings } from "../../../config/checks/names.ts";
import { partitionReplicasPerBroker } from "../../../config/checks/stores.ts";
import { readStackFile } from "../../../config/stack-file.ts";
import versions from "../../../config/versions.json" with { type: "json" };
import { catalog, topics } from "../../../services/catalog.ts";
import { asPulumi, errorText, parseWith, type smallest } from "./support.ts";

const { version: kubernetes, standardSupport } = versions.kubernetes;
const supportEnds = standardSupport.eks.until;
const dayAfter = new Date(Date.parse(supportEnds) + 24 * 3600 * 1000);
const { confluent } = versions.engines;

interface Case {
  readonly title: string;
  readonly environment?: keyof typeof smallest;
  readonly sections: Readonly<Record<string, unknown>>;
  readonly from?: { readonly stack?: string; readonly today?: Date };
  readonly text: string;
}

function lines(...text: string[]): string {
  return text.join("\n");
}

const form: Case[] = [
  {
    title: "an unknown key, with the one that was meant",
    sections: { network: { natt: "single" } },
    text: lines(
      'Pulumi.production.yaml › network.natt: got the unknown key "natt"',
      "  allowed: cidr, zones, nat, flowLogRetentionDays or interfaceEndpoints",
      "  fix: did you mean nat?",
    ),
  },
  {
    title: "an unknown key that resembles none",
    sections: { network: { colour: "red" } },
    text: lines(
      'Pulumi.production.yaml › network.colour: got the unknown key "colour"',
      "  allowed: cidr, zones, nat, flowLogRetentionDays or interfaceEndpoints",
      '  fix: remove "colour"',
    ),
  },
  {
    title: "an unknown section",
    sections: { netwrok: { nat: "single" } },
    text: lines(
      'Pulumi.production.yaml › netwrok: got the unknown key "netwrok"',
      "  allowed: cloud, environment, profile, owner, costCentre, domain, identity, rateLimits, data, kafka, observability, backup, services, cost, guardrails, aws, network, cluster or local",
      "  fix: did you mean network?",
    ),
  },
  {
    title: "a provider's own configuration",
    sections: { "aws:region": "us-east-1" },
    text: lines(
      "Pulumi.production.yaml › aws:region: got a key of aws",
      "  allowed: keys of llm-marketplace and pulumi",
      "  fix: remove it: default providers are disabled, so it would change nothing; llm-marketplace:aws.region sets the region",
    ),
  },
  {
    title: "a wrong type",
    sections: { network: { zones: "three" } },
    text: lines(
      'Pulumi.production.yaml › network.zones: got "three"',
      "  allowed: a whole number from 2 to 6",
      "  fix: change network.zones (Availability zones used, in the order of their letters. Production wants three)",
    ),
  },
  {
    title: "a section that is no object",
    sections: { network: "10.0.0.0/16" },
    text: lines(
      'Pulumi.production.yaml › network: got "10.0.0.0/16"',
      "  allowed: an object",
      "  fix: write network as keys and values, one a line, under llm-marketplace:network",
    ),
  },
  {
    title: "an unknown cloud",
    sections: { cloud: "gpc" },
    text: lines(
      'Pulumi.production.yaml › cloud: got "gpc"',
      "  allowed: aws or local",
      "  fix: change cloud (where the platform stands)",
    ),
  },
  {
    title: "a cloud that contradicts the environment",
    sections: { cloud: "local" },
    text: lines(
      'Pulumi.production.yaml › cloud: got "local" with the environment production',
      "  allowed: aws",
      "  fix: let cloud and environment both be local, or neither",
    ),
  },
  {
    title: "an unknown environment",
    sections: { environment: "prod" },
    text: lines(
      'Pulumi.production.yaml › environment: got "prod"',
      "  allowed: local, dev, staging or production",
      "  fix: change environment (Row of the table of defaults)",
    ),
  },
  {
    title: "a missing required key",
    sections: { domain: undefined },
    text: lines(
      "Pulumi.production.yaml › domain: got nothing",
      "  allowed: a lower-case DNS name such as market.example.com, 4 to 200 characters",
      "  fix: add domain (DNS name of the platform; services are reached under api.<domain>)",
    ),
  },
  {
    title: "a missing issuer of access tokens, which no environment has a default for",
    sections: { identity: undefined },
    text: lines(
      "Pulumi.production.yaml › identity.issuer: got nothing",
      "  allowed: an https URL with a public host name and no port, query or fragment, such as https://identity.example.com",
      "  fix: add identity.issuer (OpenID Connect issuer of the callers' access tokens, to the letter of their claim iss)",
    ),
  },
  {
    title: "addresses of the issuer that no sidecar could reach",
    sections: {
      identity: { issuer: "http://identity.example.com", jwksUrl: "https://10.0.0.1:8443/keys?x" },
    },
    text: lines(
      'Pulumi.production.yaml › identity.issuer: got "http://identity.example.com"',
      "  allowed: an https URL with a public host name and no port, query or fragment, such as https://identity.example.com",
      "  fix: change identity.issuer (OpenID Connect issuer of the callers' access tokens, to the letter of their claim iss)",
      'Pulumi.production.yaml › identity.jwksUrl: got "https://10.0.0.1:8443/keys?x"',
      "  allowed: an https URL with a public host name and no port, query or fragment, such as https://identity.example.com",
      "  fix: change identity.jwksUrl (Where the issuer publishes its keys; absent: <issuer>/.well-known/jwks.json)",
    ),
  },
  {
    title: "a client's rate limit that a copy of the gateway never reaches",
    sections: { rateLimits: { requestsPerSecond: 5000, requestsPerSecondPerClient: 300 } },
    text: lines(
      "Pulumi.production.yaml › rateLimits.requestsPerSecondPerClient: got 300",
      "  allowed: at most 200, what one of 25 copies of the gateway lets through in total",
      "  fix: lower rateLimits.requestsPerSecondPerClient, or raise rateLimits.requestsPerSecond",
    ),
  },
  {
    title: "the platform's own gateway as issuer",
    sections: { identity: { issuer: "https://api.market.example.com/auth" } },
    text: lines(
      'Pulumi.production.yaml › identity.issuer: got "https://api.market.example.com/auth"',
      "  allowed: a host other than api.market.example.com, the platform's own gateway",
      "  fix: set identity.issuer to the identity provider's address, which answers before the platform does",
    ),
  },
  {
    title: "a missing required section",
    sections: { aws: undefined },
    text: lines(
      "Pulumi.production.yaml › aws.region: got nothing",
      "  allowed: an AWS region such as us-east-1",
      "  fix: add aws.region (AWS region, for example us-east-1. Changing it is a new platform)",
    ),
  },
  {
    title: "a mode that nobody knows",
    sections: { data: { redis: { mode: "manged" } } },
    text: lines(
      'Pulumi.production.yaml › data.redis.mode: got "manged"',
      "  allowed: managed or in-cluster",
      "  fix: did you mean managed?",
    ),
  },
  {
    title: "another mode that is not described whole, because nothing of the default's mode is inherited",
    sections: { data: { redis: { mode: "in-cluster", members: 3, storageGiB: 5 } } },
    text: lines(
      "Pulumi.production.yaml › data.redis.storageClass: got nothing",
      "  allowed: ssd or hdd",
      "  fix: add data.redis.storageClass (hdd (st1) wants at least 125 GiB)",
    ),
  },
  {
    title: "the image tag latest",
    sections: { services: { version: "latest" } },
    text: lines(
      'Pulumi.production.yaml › services.version: got "latest"',
      "  allowed: an exact image tag such as 1.4.2, never latest",
      "  fix: change services.version (Image tag of every service that names none of its own)",
    ),
  },
  {
    title: "a retention that RDS does not have",
    sections: { backup: { retentionDays: 36 } },
    text: lines(
      "Pulumi.production.yaml › backup.retentionDays: got 36",
      "  allowed: a whole number from 1 to 35",
      "  fix: change backup.retentionDays (Days that backups are kept and back to which PostgreSQL can be restored)",
    ),
  },
];

const network: Case[] = [
  {
    title: "an address over 255",
    sections: { network: { cidr: "10.20.0.300/16" } },
    text: lines(
      'Pulumi.production.yaml › network.cidr: got "10.20.0.300/16"',
      "  allowed: an IPv4 range such as 10.20.0.0/16",
      "  fix: correct it: a part of the address is over 255",
    ),
  },
  {
    title: "a range that does not begin at its prefix",
    sections: { network: { cidr: "10.20.1.0/16" } },
    text: lines(
      'Pulumi.production.yaml › network.cidr: got "10.20.1.0/16"',
      "  allowed: an IPv4 range such as 10.20.0.0/16",
      "  fix: correct it: the address has bits beyond its prefix; the range is 10.20.0.0/16",
    ),
  },
  {
    title: "a network under the smallest",
    sections: { network: { cidr: "10.20.0.0/24" } },
    text: lines(
      'Pulumi.production.yaml › network.cidr: got "10.20.0.0/24"',
      "  allowed: a prefix of 16 to 20 bits",
      "  fix: use 10.20.0.0/20",
    ),
  },
  {
    title: "a network too small for its nodes and pods",
    sections: { network: { cidr: "10.20.0.0/20" } },
    text: lines(
      'Pulumi.production.yaml › network.cidr: got "10.20.0.0/20", 507 addresses for nodes and pods in each of 3 zones',
      "  allowed: at least 1000 a zone, for the pools' maximum of nodes",
      "  fix: use a shorter prefix, or lower the pools' maximums",
    ),
  },
  {
    title: "a network that overlaps the Services",
    sections: { network: { cidr: "172.20.0.0/16" } },
    text: lines(
      'Pulumi.production.yaml › network.cidr: got "172.20.0.0/16"',
      "  allowed: a range that does not overlap 172.20.0.0/16, the addresses of Kubernetes Services",
      "  fix: use a range such as 10.20.0.0/16",
    ),
  },
  {
    title: "more zones than the region has",
    sections: { aws: { region: "us-west-1" } },
    text: lines(
      "Pulumi.production.yaml › network.zones: got 3",
      "  allowed: at most 2, the zones of us-west-1 in which EKS stands",
      "  fix: set network.zones to 2 or choose another region",
    ),
  },
  {
    title: "a recovery region that is the region itself",
    sections: { aws: { region: "us-west-2" } },
    text: lines(
      'Pulumi.production.yaml › aws.drRegion: got "us-west-2"',
      "  allowed: another region than aws.region",
      "  fix: choose a recovery region other than us-west-2: its loss must not take the copies with it",
    ),
  },
  {
    title: "an API that the world reaches, whole or in halves",
    sections: {
      cluster: {
        apiAccess: { mode: "restricted", allowedCidrs: ["0.0.0.0/0", "198.51.100.0/24", "128.0.0.0/1"] },
      },
    },
    text: lines(
      'Pulumi.production.yaml › cluster.apiAccess.allowedCidrs.0: got "0.0.0.0/0"',
      "  allowed: a prefix of 8 to 32 bits: never the world",
      "  fix: list the ranges of your offices and runners, or use mode private",
      'Pulumi.production.yaml › cluster.apiAccess.allowedCidrs.2: got "128.0.0.0/1"',
      "  allowed: a prefix of 8 to 32 bits: never the world",
      "  fix: list the ranges of your offices and runners, or use mode private",
    ),
  },
  {
    title: "an API that the world reaches by IPv6",
    sections: { cluster: { apiAccess: { mode: "restricted", allowedCidrs: ["::/0"] } } },
    text: lines(
      'Pulumi.production.yaml › cluster.apiAccess.allowedCidrs.0: got "::/0"',
      "  allowed: an IPv4 range such as 10.20.0.0/16",
      "  fix: change cluster.apiAccess.allowedCidrs.0",
    ),
  },
];

const cluster: Case[] = [
  {
    title: "a minimum above the maximum",
    sections: { cluster: { pools: { general: { onDemand: { minimum: 60 } } } } },
    text: lines(
      "Pulumi.production.yaml › cluster.pools.general.onDemand.minimum: got 60",
      "  allowed: at most the maximum, 38",
      "  fix: lower cluster.pools.general.onDemand.minimum or raise cluster.pools.general.onDemand.maximum",
    ),
  },
  {
    title: "a memory pool that cannot be shared out over the zones",
    sections: { cluster: { pools: { memory: { onDemand: { minimum: 4 } } } } },
    text: lines(
      "Pulumi.production.yaml › cluster.pools.memory.onDemand.minimum: got 4",
      "  allowed: a multiple of 3, one node group for each of network.zones",
      "  fix: use 6",
    ),
  },
  {
    title: "an instance type that is misspelt",
    sections: { cluster: { pools: { general: { instanceType: "t3.xlrage" } } } },
    text: lines(
      'Pulumi.production.yaml › cluster.pools.general.instanceType: got "t3.xlrage"',
      "  allowed: t3.large, t4g.large, t3.xlarge, t3a.xlarge, t4g.xlarge, m5.xlarge, m5a.xlarge, m6i.xlarge, m6g.xlarge, m7g.xlarge, c5.2xlarge, c6i.2xlarge, c6g.2xlarge, c7g.2xlarge, r5.xlarge, r6i.xlarge, r6g.xlarge or r7g.xlarge",
      "  fix: did you mean t3.xlarge?",
    ),
  },
  {
    title: "a spot alternative of another size",
    environment: "dev",
    sections: { cluster: { pools: { general: { spot: { alternativeInstanceTypes: ["c5.2xlarge"] } } } } },
    text: lines(
      'Pulumi.dev.yaml › cluster.pools.general.spot.alternativeInstanceTypes.0: got "c5.2xlarge"',
      "  allowed: types with 4 vCPU, 16 GiB and x86_64, as t3a.xlarge",
      "  fix: remove c5.2xlarge: the autoscaler takes all nodes of a group to be alike",
    ),
  },
  {
    title: "a cluster without a node",
    environment: "dev",
    sections: { cluster: { pools: { general: { onDemand: { minimum: 0 }, spot: { minimum: 0 } } } } },
    text: lines(
      "Pulumi.dev.yaml › cluster.pools.general: got no node at the minimum",
      "  allowed: at least one node, on demand or spot",
      "  fix: raise cluster.pools.general.onDemand.minimum: the platform's own pods run there, the autoscaler too",
    ),
  },
  {
    title: "a Kubernetes minor out of support",
    sections: {},
    from: { today: dayAfter },
    text: lines(
      `config/versions.json › kubernetes.version: got ${kubernetes}, whose standard support on EKS ended on ${supportEnds}`,
      "  allowed: a minor in standard support",
      "  fix: move to the next minor and run the conformance tests",
    ),
  },
];

const stores: Case[] = [
  {
    title: "an hdd volume that AWS does not sell",
    environment: "dev",
    sections: { kafka: { storageClass: "hdd" } },
    text: lines(
      "Pulumi.dev.yaml › kafka.storageGiB: got 10 of hdd",
      "  allowed: at least 125, the smallest st1 volume",
      "  fix: use ssd, or 125 GiB",
    ),
  },
  {
    title: "a database that may not grow to its own size",
    sections: { data: { postgres: { maxStorageGiB: 50 } } },
    text: lines(
      "Pulumi.production.yaml › data.postgres.maxStorageGiB: got 50",
      "  allowed: at least data.postgres.storageGiB, 100",
      "  fix: raise data.postgres.maxStorageGiB",
    ),
  },
  {
    title: "fewer database connections than the services open",
    sections: { data: { postgres: { maxConnections: 399 } } },
    text: lines(
      "Pulumi.production.yaml › data.postgres.maxConnections: got 399",
      "  allowed: at least 400: pool size × 1.25 of the most replicas of each service, and 20 reserved",
      "  fix: raise data.postgres.maxConnections, or lower maxReplicas of the services that use PostgreSQL",
    ),
  },
  {
    title: "three members in two zones",
    environment: "staging",
    sections: { network: { zones: 2 }, kafka: { brokers: 6 } },
    text: lines(
      "Pulumi.staging.yaml › data.elasticsearch.nodes: got 3 with 2 zones",
      "  allowed: 3 with at least 3 zones, or 1",
      "  fix: set network.zones to 3: two members in one zone are a majority that can be lost at once",
    ),
  },
  {
    title: "brokers that cannot be placed evenly",
    environment: "staging",
    sections: { network: { zones: 2 }, data: { elasticsearch: { nodes: 1 } } },
    text: lines(
      "Pulumi.staging.yaml › kafka.brokers: got 3 with 2 zones",
      "  allowed: a multiple of the zones, which are 2 or 3 (MSK places brokers evenly)",
      "  fix: set network.zones to 3",
    ),
  },
  {
    title: "an unknown broker type",
    sections: { kafka: { brokerType: "kafka.t3.smal" } },
    text: lines(
      'Pulumi.production.yaml › kafka.brokerType: got "kafka.t3.smal"',
      "  allowed: kafka.t3.small, kafka.m5.large, kafka.m5.xlarge, kafka.m5.2xlarge, kafka.m7g.large, kafka.m7g.xlarge or kafka.m7g.2xlarge",
      "  fix: did you mean kafka.t3.small?",
    ),
  },
  {
    title: "the ZooKeeper ensemble without an exception",
    environment: "dev",
    sections: { kafka: { coordination: "zookeeper" } },
    text: lines(
      `Pulumi.dev.yaml › kafka.coordination: got "zookeeper", Confluent ${confluent.version}, out of support since ${confluent.platinumSupportUntil}`,
      "  allowed: kraft, or zookeeper with an exception from kubernetes-kafka-supported-version",
      "  fix: use kraft, or declare why and until when under guardrails.exceptions",
    ),
  },
];

const servicesAndGovernance: Case[] = [
  {
    title: "an override of a service that does not exist",
    sections: { services: { overrides: { publishin: { maxReplicas: 4 } } } },
    text: lines(
      'Pulumi.production.yaml › services.overrides.publishin: got the unknown service "publishin"',
      "  allowed: publishing, discovery, consumption or admin",
      "  fix: did you mean publishing?",
    ),
  },
  {
    title: "fewer replicas at the most than at the least",
    sections: { services: { overrides: { discovery: { maxReplicas: 4 } } } },
    text: lines(
      "Pulumi.production.yaml › services.overrides.discovery.maxReplicas: got 5 to 4 replicas",
      "  allowed: a minimum of at most the maximum",
      "  fix: lower services.overrides.discovery.minReplicas or raise services.overrides.discovery.maxReplicas",
    ),
  },
  {
    title: "an exception that has run out",
    environment: "dev",
    sections: {
      guardrails: {
        exceptions: [
          { policy: "p-1", resource: "kafka", reason: "because it must be so", expires: "2026-11-22" },
        ],
      },
    },
    text: lines(
      "Pulumi.dev.yaml › guardrails.exceptions.0.expires: got 2026-11-22, past since 2026-11-23",
      "  allowed: a day to come",
      "  fix: mend kafka so that p-1 holds, or agree on a new day",
    ),
  },
  {
    title: "a commitment for what is not there",
    environment: "dev",
    sections: {
      cost: { commitments: [{ covers: "redis", count: 1, termYears: 1, payment: "no-upfront" }] },
    },
    text: lines(
      "Pulumi.dev.yaml › cost.commitments.0.count: got 1 for redis",
      "  allowed: at most 0, what the stack always has",
      "  fix: lower the count, or remove the commitment for redis",
    ),
  },
  {
    title: "an optimised budget over the budget",
    sections: { cost: { optimisedBudgetUsdPerMonth: 5000 } },
    text: lines(
      "Pulumi.production.yaml › cost.optimisedBudgetUsdPerMonth: got 5000",
      "  allowed: at most the budget, 2958",
      "  fix: lower cost.optimisedBudgetUsdPerMonth",
    ),
  },
  {
    title: "a ceiling under the budget",
    sections: { cost: { ceilingUsdPerMonth: 2000 } },
    text: lines(
      "Pulumi.production.yaml › cost.ceilingUsdPerMonth: got 2000",
      "  allowed: at least the budget, 2958",
      "  fix: raise cost.ceilingUsdPerMonth: the maximum never costs less than the minimum",
    ),
  },
  {
    title: "copies in a second region on a laptop",
    environment: "local",
    sections: { backup: { crossRegionCopies: true } },
    text: lines(
      "Pulumi.local.yaml › backup.crossRegionCopies: got true on local",
      "  allowed: false",
      "  fix: remove it: a laptop has no second region",
    ),
  },
  {
    title: "a stack whose name is too long",
    sections: {},
    from: { stack: "production-eu-west1" },
    text: lines(
      'Pulumi.production-eu-west1.yaml › name of the stack: got "production-eu-west1", 19 characters',
      "  allowed: at most 18: an ElastiCache replication group is called llm-marketplace-<stack>-redis, in 40 characters",
      "  fix: choose a shorter name for the stack",
    ),
  },
  {
    title: "a stack whose name a bucket cannot have",
    sections: {},
    from: { stack: "Prod_1" },
    text: lines(
      'Pulumi.Prod_1.yaml › name of the stack: got "Prod_1"',
      "  allowed: lower-case letters, digits and hyphens, starting with a letter",
      "  fix: rename the stack and its file: buckets and DNS names carry its name",
    ),
  },
];

describe("Bad input", () => {
  for (const { title, environment = "production", sections, from, text } of [
    ...form,
    ...network,
    ...cluster,
    ...stores,
    ...servicesAndGovernance,
  ]) {
    it(`names ${title}`, () => {
      expect(errorText(environment, sections, from)).to.equal(text);
    });
  }

  it("reports problems of form and of sense together, and leaves out what rests on a wrong section", () => {
    const { problems } = parseWith("production", {
      network: { nat: "singel", cidr: "172.20.0.0/16" },
      domain: undefined,
      backup: { retentionDays: 0 },
      data: { postgres: { maxConnections: 100 } },
      "gcp:project": "x",
    });
    expect(problems.map((problem) => problem.path)).to.deep.equal([
      "Pulumi.production.yaml › gcp:project",
      "Pulumi.production.yaml › domain",
      "Pulumi.production.yaml › backup.retentionDays",
      "Pulumi.production.yaml › network.nat",
      "Pulumi.production.yaml › data.postgres.maxConnections",
    ]);
  });

  it("still checks the rest where the cloud is unknown", () => {
    const { problems } = parseWith("production", { cloud: "gcp", backup: { retentionDays: 0 } });
    expect(problems.map((problem) => problem.path)).to.deep.equal([
      "Pulumi.production.yaml › cloud",
      "Pulumi.production.yaml › backup.retentionDays",
    ]);
  });

  it("takes an exception from the version policy as leave to run ZooKeeper", () => {
    const exception = {
      policy: "kubernetes-kafka-supported-version",
      resource: "messaging-*",
      reason: "consumers that cannot leave ZooKeeper yet",
      expires: "2026-11-23",
    };
    const { problems } = parseWith("dev", {
      kafka: { coordination: "zookeeper" },
      guardrails: { exceptions: [exception] },
    });
    expect(problems).to.deep.equal([]);
  });

  it("leaves Pulumi's own settings alone", () => {
    expect(parseWith("dev", { "pulumi:disable-default-providers": ["*"] }).problems).to.deep.equal([]);
    expect(asPulumi({ "pulumi:disable-default-providers": ["*"] })).to.deep.equal({
      "pulumi:disable-default-providers": '["*"]',
    });
  });

  it("counts the replicas of Kafka's own partitions in the limit of a broker", () => {
    expect(partitionReplicasPerBroker(topics, 3)).to.equal(95);
    expect(partitionReplicasPerBroker([{ partitions: 251 }], 3)).to.equal(301);
  });

  it("says which stack file is missing", () => {
    expect(() => readStackFile("nowhere")).to.throw(
      "Pulumi.nowhere.yaml: got no such file\n" +
        "  allowed: a stack file beside Pulumi.yaml\n" +
        "  fix: create Pulumi.nowhere.yaml; Pulumi.dev.yaml is an example",
    );
  });
});

describe("The catalogue's own checks", () => {
  const [first] = catalog;
  if (first === undefined) throw new Error("the catalogue is empty");

  it("find nothing in the catalogue as it is", () => {
    expect(catalogFindings(catalog, topics, "llm-marketplace")).to.deep.equal([]);
  });

  it("name duplicate services with everything that they share", () => {
    const found = catalogFindings([...catalog, first], topics, "llm-marketplace");
    expect(found.map(({ path, got }) => `${path}: ${got}`)).to.deep.equal([
      'name of a service: "publishing" twice',
      'port of a service: "3001" twice',
      'path prefix of a service: "/v1/listings" twice',
      'database of a service: "publishing" twice',
    ]);
  });

  it("name services that are too long or no DNS label, and references to nothing", () => {
    const other = { ...first, port: 1, pathPrefix: "/x", postgres: undefined };
    const found = catalogFindings(
      [
        ...catalog,
        { ...other, name: "a".repeat(30), callers: ["nobody"] },
        { ...other, name: "Search", port: 2, pathPrefix: "/y", topics: [{ topic: "nothing", rights: [] }] },
      ],
      topics,
      "llm-marketplace",
    );
    expect(found.map(({ got, allowed }) => `${got} | ${allowed}`)).to.deep.equal([
      `"${"a".repeat(30)}", 30 characters | at most 29: its IAM role is called llm-marketplace-<stack>-<service>, in 64 characters`,
      '"Search" | lower-case letters, digits and hyphens, starting with a letter',
      `"nobody" | gateway, publishing, discovery, consumption, admin, ${"a".repeat(30)} or Search`,
      '"nothing" | listing.events, metering.records, metering.dead-letter, provider.approvals or access.keys',
    ]);
  });
});
