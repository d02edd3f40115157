// Covers the picture: what is read from a plan, that nothing overlaps once it is laid out, and the SVG that comes out.
import { expect } from "chai";
import { buildPicture } from "../../../cli/report/architecture/build.ts";
import { layOut } from "../../../cli/report/architecture/layout.ts";
import { fitted, textWidth } from "../../../cli/report/architecture/measure.ts";
import type { Picture } from "../../../cli/report/architecture/picture.ts";
import { drawPicture } from "../../../cli/report/architecture/svg.ts";
import { asSecret } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { expectTidy } from "../../support/tidy-picture.ts";
import { database, gateway, gatewayIdentity, hostile, planOf, resource, service, urnOf } from "./fixture.ts";

const picture = (...resources: RecordedResource[]) => buildPicture(planOf(resources));
const titles = ({ nodes, groups }: Picture) =>
  new Map([...nodes, ...groups].map((one) => [one.id, one.title] as const));

/** Connections as text; drawn for several at once are marked. */
function connections(one: Picture): string[] {
  const names = titles(one);
  return one.edges
    .map((edge) => {
      const mark = edge.bundle ? " (bundle)" : edge.quiet ? " (quiet)" : "";
      return `${names.get(edge.from)} → ${names.get(edge.to)}: ${edge.kind}, ${edge.what}${mark}`;
    })
    .sort();
}

const egress = (name: string) =>
  resource("kubernetes:networking.k8s.io/v1:NetworkPolicy", `${name}-network`, {
    metadata: { name, namespace: "llm-marketplace" },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": name } },
      egress: [
        { to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }], ports: [{ port: 443 }] },
        {
          to: [
            {
              podSelector: { matchLabels: { "cnpg.io/cluster": "postgres" } },
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "data" } },
            },
          ],
          ports: [{ port: 5432 }],
        },
      ],
    },
  });

describe("the picture of a plan", () => {
  const caller = `llm-marketplace/sa/search`;
  const postgres = { DATABASE_HOST: "postgres-rw.data.svc.cluster.local" };
  const small = picture(
    gateway,
    database,
    ...service("search", { env: postgres, callers: [gatewayIdentity] }),
    ...service("index", { env: { SELF: "index-service.llm-marketplace.svc" }, callers: [caller] }),
    egress("index"),
  );

  it("reads who calls whom from authorisations, addresses and network policies", () => {
    expect(connections(small)).to.deep.equal([
      "Clients → Gateway: request, HTTPS, node port",
      "Gateway → search: request, /v1/search",
      "index → Outside services: request, HTTPS to public addresses",
      "index → PostgreSQL 15.19: database, reads and writes",
      "search → PostgreSQL 15.19: database, reads and writes",
      "search → index: request, /v1/index",
    ]);
  });

  it("shows scaling, versions and places", () => {
    const of = (title: string) => small.nodes.find((node) => node.title === title);
    expect(of("search")?.lines).to.deep.equal(["2–9 replicas", "version 1.2.3"]);
    expect(of("PostgreSQL 15.19")?.lines).to.deep.equal(["3 members", "CloudNativePG", "5 GiB each"]);
    expect(small.groups.map(({ title, note }) => `${title} | ${note}`)).to.deep.equal([
      "Kubernetes | existing cluster",
      "Marketplace services | namespace llm-marketplace",
      "Stores in the cluster | ",
    ]);
  });

  it("gains a service by the plan having one", () => {
    const more = picture(gateway, database, ...service("search"), ...service("billing", { env: postgres }));
    expect(more.nodes.map((node) => node.title)).to.include("billing");
    expect(connections(more)).to.include("billing → PostgreSQL 15.19: database, reads and writes");
  });

  it("draws what every service of a group does as one line, and lists each", () => {
    const all = picture(database, ...["a", "b", "c"].flatMap((name) => service(name, { env: postgres })));
    expect(connections(all)).to.deep.equal([
      "Marketplace services → PostgreSQL 15.19: database, reads and writes (bundle)",
      "a → PostgreSQL 15.19: database, reads and writes (quiet)",
      "b → PostgreSQL 15.19: database, reads and writes (quiet)",
      "c → PostgreSQL 15.19: database, reads and writes (quiet)",
    ]);
  });

  it("draws many services that are connected alike as one", () => {
    const names = Array.from({ length: 40 }, (_, index) => `s${index}`);
    const many = picture(
      gateway,
      database,
      ...names.flatMap((name) => service(name, { env: postgres })),
      ...service("odd"),
    );
    const drawn = many.nodes.filter((node) => node.kind === "service");
    expect(drawn.map(({ title, lines }) => [title, ...lines])).to.deep.equal([
      ["40 services", "s0, s1, s2", "and 37 more"],
      ["odd", "2–9 replicas", "version 1.2.3"],
    ]);
  });

  it("reads nothing from secrets", () => {
    const secret = resource("kubernetes:helm.sh/v3:Release", "tool", {
      name: "tool",
      namespace: "tools",
      values: { password: asSecret("postgres-rw.data.svc.cluster.local"), replicaCount: asSecret(7) },
    });
    expect(connections(picture(database, secret))).to.deep.equal([]);
    expect(JSON.stringify(picture(secret))).not.to.contain("postgres-rw");
  });
});

describe("the picture of a plan on AWS", () => {
  const aws = urnOf("pulumi:providers:aws", "aws");
  const recovery = urnOf("pulumi:providers:aws", "recovery");
  const on = (provider: string) => ({ provider: `${provider}::id` });
  const tier = (name: string, zone: string) =>
    resource(
      "aws:ec2/subnet:Subnet",
      `${name}-${zone}`,
      { availabilityZone: zone, cidrBlock: "10.0.0.0/20", tags: { Tier: name } },
      { ...on(aws), id: `subnet-${name}-${zone}` },
    );
  const group = resource(
    "aws:rds/subnetGroup:SubnetGroup",
    "group",
    { subnetIds: ["subnet-data-b"] },
    on(aws),
  );
  const arn = "arn:aws:rds:eu-west-1:1:db:main";
  const bucketArn = "arn:aws:s3:::logs";
  const resources = [
    resource("pulumi:providers:aws", "aws", { region: "eu-west-1" }),
    resource("pulumi:providers:aws", "recovery", { region: "eu-central-1" }),
    resource("aws:ec2/vpc:Vpc", "vpc", { cidrBlock: "10.0.0.0/16" }, on(aws)),
    ...["b", "a"].flatMap((zone) => ["public", "private", "data"].map((name) => tier(name, zone))),
    resource("aws:ec2/natGateway:NatGateway", "nat", {}, on(aws)),
    resource("eks:index:Cluster", "cluster", { version: "1.36", endpointPublicAccess: true }),
    ...(["ON_DEMAND", "SPOT"] as const).map((capacityType, index) =>
      resource("aws:eks/nodeGroup:NodeGroup", `general-${index}`, {
        capacityType,
        instanceTypes: capacityType === "SPOT" ? ["m5.xlarge", "t3.xlarge"] : ["t3.xlarge"],
        labels: { "llm-marketplace.io/pool": "general" },
        scalingConfig: { minSize: 1 + index, maxSize: 2 + index },
        subnetIds: ["subnet-private-a"],
      }),
    ),
    group,
    resource(
      "aws:rds/instance:Instance",
      "db",
      {
        engineVersion: "15.18",
        instanceClass: "db.m6g.large",
        multiAz: true,
        allocatedStorage: 100,
        storageType: "gp3",
        backupRetentionPeriod: 30,
      },
      {
        ...on(aws),
        dependencies: [group.urn],
        outputs: { arn, address: "db.x.eu-west-1.rds.amazonaws.com" },
      },
    ),
    resource("aws:s3/bucket:Bucket", "logs", {}, { ...on(aws), outputs: { arn: bucketArn, bucket: "logs" } }),
    resource("aws:s3/bucket:Bucket", "copy", {}, { ...on(recovery), outputs: { arn: "arn:aws:s3:::copy" } }),
    resource("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "replication", {
      bucket: "logs",
      rules: [{ destination: { bucket: "arn:aws:s3:::copy" } }],
    }),
    ...service("search", { env: { DATABASE_HOST: "db.x.eu-west-1.rds.amazonaws.com" } }),
    resource("aws:eks/podIdentityAssociation:PodIdentityAssociation", "identity", {
      namespace: "llm-marketplace",
      serviceAccount: "search",
      roleArn: "arn:aws:iam::1:role/search-role",
    }),
    resource("aws:iam/rolePolicy:RolePolicy", "policy", {
      role: "search-role",
      policy: JSON.stringify({ Statement: [{ Action: ["s3:GetObject"], Resource: [`${bucketArn}/*`] }] }),
    }),
  ];
  const drawn = buildPicture({ ...planOf(resources), cloud: "aws" });

  it("has regions, network, tiers with their zones, and node pools", () => {
    const shown = drawn.groups.map(({ title, note, cells }) =>
      [title, note, ...cells.map((cell) => `${cell.title}: ${cell.note}`)].join(" | "),
    );
    expect(shown).to.deep.equal([
      "eu-west-1 | AWS region",
      "Regional services | outside the network",
      "eu-central-1 | recovery region",
      "VPC | 10.0.0.0/16",
      "Public subnets |  | a: 10.0.0.0/20 | b: 10.0.0.0/20",
      "Private subnets |  | a: 10.0.0.0/20 | b: 10.0.0.0/20",
      "Data subnets |  | a: 10.0.0.0/20 | b: 10.0.0.0/20",
      "Kubernetes 1.36 | EKS, public and private API endpoint | general pool, t3.xlarge and 1 more: 1–2 on demand, 2–3 spot",
      "Marketplace services | namespace llm-marketplace",
    ]);
  });

  it("puts a store into the tier of its subnet group", () => {
    const store = drawn.nodes.find((node) => node.kind === "database");
    expect(store?.group).to.equal("tier-data");
    expect(store?.lines).to.deep.equal(["db.m6g.large, two zones", "100 GiB gp3", "point in time, 30 days"]);
  });

  it("reads grants of identities and replication", () => {
    expect(connections(drawn)).to.deep.equal([
      "Object storage → Object storage: backup, replication",
      "search → Object storage: backup, copies",
      "search → PostgreSQL 15.18: database, reads and writes",
    ]);
  });

  it("is laid out without overlaps, each box inside its group, every line ending at its boxes", async () => {
    const placement = await layOut(drawn);
    expectTidy(drawn, placement);
  });
});

describe("the SVG", () => {
  const draw = async (...resources: RecordedResource[]) => {
    const one = picture(...resources);
    return drawPicture(one, await layOut(one), { prefix: "p" });
  };

  it("says what it shows to those who cannot see it, and takes its colours from the theme", async () => {
    const svg = await draw(gateway, ...service("search", { callers: [gatewayIdentity] }));
    expect(svg).to.contain('role="img" aria-labelledby="p-title p-desc"');
    expect(svg).to.contain('<title id="p-title">Architecture of llm-marketplace, stack test</title>');
    expect(svg).to.contain(
      '<desc id="p-desc">Drawn from the resources of the plan. No regions; services: search; stores: none.</desc>',
    );
    expect(svg).to.contain("@media(prefers-color-scheme:dark)");
    expect(svg).not.to.match(/(?:href|src)=|url\((?!#)|<(?:script|image|foreignObject)/);
  });

  it("is the same twice", async () => {
    const resources = [gateway, database, ...service("search", { callers: [gatewayIdentity] })];
    expect(await draw(...resources)).to.equal(await draw(...resources));
  });

  it("shows hostile names as text", async () => {
    const svg = await draw(...service(hostile));
    expect(svg).not.to.match(/<(?:script|img)/);
    expect(svg).to.contain("&lt;/script&gt;");
  });
});

describe("the width of text", () => {
  it("follows the letters, the size and the weight", () => {
    expect(textWidth("iii", 10)).to.be.closeTo(6.93, 0.01);
    expect(textWidth("WWW", 10)).to.be.closeTo(29.45, 0.01);
    expect(textWidth("WWW", 20, true)).to.be.closeTo(62.3, 0.01);
  });

  it("is kept by cutting with an ellipsis", () => {
    expect(fitted("short", 10, 100)).to.equal("short");
    const cut = fitted("a long name that does not fit", 10, 60);
    expect(cut).to.match(/^a long.*…$/);
    expect(textWidth(cut, 10)).to.be.at.most(60);
  });
});
