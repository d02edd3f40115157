// Each price rule on the smallest graph that shows it, with amounts worked out by hand from cost/prices.json.
import { expect } from "chai";
import type { CostResource } from "../../../cost/types.ts";
import { unknownText } from "../../../policies/shared/value.ts";
import { bill, cents, hdd, pool, price, resource, ssd, template } from "./support.ts";

const claim = (size: string, storageClassName?: string) => ({
  spec: { storageClassName, resources: { requests: { storage: size } } },
});
const release = (chart: string, values: unknown) =>
  resource("kubernetes:helm.sh/v3:Release", chart, { chart, values });
const reasons = (list: readonly CostResource[]) => price(list).unpriced.map(({ reason }) => reason);

describe("Prices of compute", () => {
  it("count nodes and their volumes at minimum, typical and maximum", () => {
    const report = price([template, pool("general", "t3.xlarge", [2, 6])], {
      usage: { nodeCpuPercent: 30, nodeCpuPercentAtMaximum: 60 },
    });
    expect(
      report.lines.map((line) => [
        line.item,
        cents(line.usdPerMonth),
        cents(line.typicalUsdPerMonth),
        cents(line.maximumUsdPerMonth),
      ]),
    ).to.deep.equal([
      ["2 × t3.xlarge on demand", 242.94, 485.89, 728.83],
      ["node volumes, 40 GiB gp3 each", 6.4, 12.8, 19.2],
      // 60 % is 20 % over the baseline of 40: 0.2 × 4 vCPU × 730 h × 6 nodes × 0.05.
      ["CPU credits above the 40 % baseline", 0, 0, 175.2],
    ]);
    expect(report.nodes).to.deep.equal({ minimum: 2, typical: 4, maximum: 6 });
  });

  it("take spot nodes at the stated share, and say so", () => {
    const spot = pool("spot", "m6i.xlarge", [5, 5], "SPOT");
    expect(bill(price([template, spot]))).to.deep.include({
      "5 × m6i.xlarge spot (0.40 of on demand)": 280.32,
    });
    expect(bill(price([template, spot], { spotRatio: 0.5 }))).to.deep.include({
      "5 × m6i.xlarge spot (0.50 of on demand)": 350.4,
    });
  });

  it("bill no credits where they are standard, nor on types that do not burst", () => {
    const standard = {
      ...template,
      props: { ...template.props, creditSpecification: { cpuCredits: "standard" } },
    };
    const usage = { nodeCpuPercent: 90 };
    for (const list of [
      [standard, pool("general", "t3.xlarge", [1, 1])],
      [template, pool("memory", "r5.xlarge", [1, 1])],
    ]) {
      expect(
        Object.keys(bill(price(list, { usage }))).filter((item) => item.includes("credits")),
      ).to.deep.equal([]);
    }
  });

  it("bill the control plane at six times the price only out of standard support and without its upgrade", () => {
    const cluster = (version: string, supportType: string) =>
      price([resource("aws:eks/cluster:Cluster", "c", { version, upgradePolicy: { supportType } })]);
    expect(cents(cluster("1.36", "STANDARD").minimumUsdPerMonth)).to.equal(73);
    expect(cents(cluster("1.36", "EXTENDED").minimumUsdPerMonth)).to.equal(73);
    expect(cents(cluster("1.33", "EXTENDED").minimumUsdPerMonth)).to.equal(438);
    expect(cents(cluster("1.33", "STANDARD").minimumUsdPerMonth)).to.equal(73);
    expect(cents(cluster("1.29", "EXTENDED").minimumUsdPerMonth)).to.equal(438);
    expect(cents(cluster("1.40", "EXTENDED").minimumUsdPerMonth)).to.equal(73);
  });

  it("want a group's launch template in the graph, and take EKS's own disk where it names none", () => {
    expect(reasons([pool("general", "t3.xlarge", [1, 1])])).to.deep.equal([
      "the launch template that the group names is not in the graph",
    ]);
    const bare = resource("aws:eks/nodeGroup:NodeGroup", "g", {
      instanceTypes: ["m5.large"],
      scalingConfig: { minSize: 1, maxSize: 1 },
    });
    expect(bill(price([bare]))).to.deep.equal({
      "1 × m5.large on demand": 70.08,
      "node volumes, 20 GiB gp3 each": 1.6,
    });
  });
});

describe("Prices of managed stores", () => {
  const database = (props: object) =>
    resource("aws:rds/instance:Instance", "db", {
      engine: "postgres",
      instanceClass: "db.m6g.large",
      allocatedStorage: 100,
      ...props,
    });

  it("double a database with a standby, let its storage grow at the maximum, and count its own secret", () => {
    const report = price(
      [database({ multiAz: true, maxAllocatedStorage: 500, manageMasterUserPassword: true })],
      {
        usage: { backupGiB: 50 },
      },
    );
    expect(bill(report)).to.deep.equal({
      "PostgreSQL db.m6g.large with standby": 232.14,
      "PostgreSQL storage, 100 GiB gp3 with standby": 23,
      "PostgreSQL backups beyond the free allowance": 4.75,
      "PostgreSQL administrator's secret": 0.4,
    });
    expect(cents(report.maximumUsdPerMonth - report.minimumUsdPerMonth)).to.equal(92);
    expect(bill(price([database({})]))).to.deep.include({ "PostgreSQL db.m6g.large": 116.07 });
  });

  it("bill the advanced insights by vCPU", () => {
    expect(
      bill(price([database({ databaseInsightsMode: "advanced" })]))["Database Insights, advanced"],
    ).to.equal(18.25);
  });

  it("take Valkey a fifth under Redis, and count every node of a replication group", () => {
    const group = (engine: string) =>
      resource("aws:elasticache/replicationGroup:ReplicationGroup", "cache", {
        engine,
        nodeType: "cache.m6g.large",
        numCacheClusters: 3,
      });
    expect(bill(price([group("redis")]))["3 × cache.m6g.large redis"]).to.equal(326.31);
    expect(bill(price([group("valkey")]))["3 × cache.m6g.large valkey"]).to.equal(261.05);
  });

  it("count brokers and their volumes", () => {
    const kafka = resource("aws:msk/cluster:Cluster", "kafka", {
      numberOfBrokerNodes: 3,
      brokerNodeGroupInfo: {
        instanceType: "kafka.t3.small",
        storageInfo: { ebsStorageInfo: { volumeSize: 50 } },
      },
    });
    expect(bill(price([kafka]))).to.deep.equal({
      "3 × kafka.t3.small brokers": 99.86,
      "broker storage, 50 GiB each": 15,
    });
  });

  it("price a bucket's copy in its own region and class, with what is sent there", () => {
    const bucket = resource("aws:s3/bucket:Bucket", "data");
    const copy = resource("aws:s3/bucket:Bucket", "copy", { arn: "arn:copy" }, { region: "us-west-2" });
    const replication = resource(
      "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
      "replication",
      { rules: [{ destination: { bucket: "arn:copy", storageClass: "STANDARD_IA" } }] },
      { from: { rules: [copy] } },
    );
    const usage = {
      objectStorageGiB: 100,
      objectWritesMillions: 1,
      objectReadsMillions: 1,
      crossRegionGiB: 50,
    };
    const other = resource("aws:ec2/vpc:Vpc", "network");
    expect(bill(price([other, bucket, copy, replication], { usage }))).to.deep.include({
      "object storage": 2.3,
      "writes of objects": 5,
      "reads of objects": 0.4,
      "object storage, recovery copy (infrequent access)": 1.25,
      "writes of the recovery copy": 10,
      "objects sent to the recovery region": 1,
    });
  });

  it("bill replicated backups from the first GiB, and the vault there, but not the one at home", () => {
    const home = [database({}), resource("aws:backup/vault:Vault", "vault")];
    const away = [
      resource(
        "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
        "replication",
        {},
        { region: "us-west-2" },
      ),
      resource("aws:backup/vault:Vault", "recovery", {}, { region: "us-west-2" }),
    ];
    const report = price([...home, resource("aws:kms/key:Key", "key"), ...away], {
      usage: { recoveryBackupGiB: 60, crossRegionGiB: 60 },
    });
    const there = report.lines.filter(({ item }) => item === "database backups in the recovery region");
    expect(there.map(({ usdPerMonth }) => cents(usdPerMonth))).to.deep.equal([2.85, 2.85]);
    expect(report.free.map(({ urn }) => urn.split("::").at(-1))).to.deep.equal(["vault"]);
    const sent = report.lines.filter(({ item }) => item === "database backups sent there");
    expect(cents(sent.reduce((sum, line) => sum + line.usdPerMonth, 0))).to.equal(1.2);
  });
});

describe("Prices of the network and of operations", () => {
  it("bill gateways, addresses, traffic and endpoints by the zone", () => {
    const nat = (name: string) => resource("aws:ec2/natGateway:NatGateway", name);
    const endpoint = resource("aws:ec2/vpcEndpoint:VpcEndpoint", "ecr", {
      vpcEndpointType: "Interface",
      subnetIds: ["a", "b", "c"],
    });
    const gateway = resource("aws:ec2/vpcEndpoint:VpcEndpoint", "s3", { vpcEndpointType: "Gateway" });
    const list = [
      resource("aws:ec2/vpc:Vpc", "vpc"),
      nat("a"),
      nat("b"),
      resource("aws:ec2/eip:Eip", "ip"),
      endpoint,
      gateway,
    ];
    const usage = { natGiB: 100, internetEgressGiB: 100, crossZoneGiB: 100, interfaceEndpointGiB: 100 };
    const report = price(list, { usage });
    expect(bill(report)).to.deep.equal({
      "data out to the internet": 9,
      "data between zones, both directions": 2,
      "NAT gateway": 32.85,
      "data through NAT": 2.25,
      "public IPv4 address": 3.65,
      "interface endpoint in 3 zones": 21.9,
      "data through the endpoint": 1,
      "gateway endpoint": 0,
    });
  });

  it("bill logs by what writes them and by class, and keep them compressed", () => {
    const group = (name: string, props: object) =>
      resource("aws:cloudwatch/logGroup:LogGroup", name, { retentionInDays: 73, ...props });
    const flowGroup = group("flow", {
      name: "/net/flow",
      arn: "arn:flow",
      logGroupClass: "INFREQUENT_ACCESS",
    });
    const flow = resource("aws:ec2/flowLog:FlowLog", "flow", { logDestination: "arn:flow" });
    const list = [
      group("control", { name: "/aws/eks/c/cluster", logGroupClass: "INFREQUENT_ACCESS" }),
      group("redis", { name: "/aws/vendedlogs/elasticache/r" }),
      group("rds", { name: "/aws/rds/instance/db/postgresql" }),
      flowGroup,
      flow,
    ];
    const usage = { controlPlaneLogGiB: 100, logIngestGiB: 20, flowLogGiB: 10 };
    const { lines } = price(list, { usage });
    const of = (name: string) =>
      lines.filter(({ urn }) => urn.endsWith(`::${name}`)).map(({ usdPerMonth }) => cents(usdPerMonth));
    // Kept: GiB × 73 days / 30.42 × 0.15 × 0.03.
    expect(of("control")).to.deep.equal([25, 1.08]);
    expect(of("redis")).to.deep.equal([5, 0.11]);
    expect(of("rds")).to.deep.equal([5, 0.11]);
    expect(
      lines.filter(({ item }) => item === "flow logs to CloudWatch").map((line) => cents(line.usdPerMonth)),
    ).to.deep.equal([2.5]);
    expect(
      lines.filter(({ urn }) => urn === flowGroup.urn).map((line) => cents(line.usdPerMonth)),
    ).to.deep.equal([0.11]);
  });

  it("have no price of a log group that never forgets", () => {
    expect(reasons([resource("aws:cloudwatch/logGroup:LogGroup", "g", { name: "g" })])).to.deep.equal([
      "retentionInDays is absent: the logs grow for ever",
    ]);
  });

  it("bill keys, secrets, images, alarms by metric, and zones", () => {
    const list = [
      resource("aws:kms/key:Key", "key"),
      resource("aws:kms/key:Key", "recovery-key", {}, { region: "us-west-2" }),
      resource("aws:secretsmanager/secret:Secret", "secret"),
      resource("aws:ecr/repository:Repository", "images"),
      resource("aws:cloudwatch/metricAlarm:MetricAlarm", "plain", {
        metricName: "CPUUtilization",
        period: 60,
      }),
      resource("aws:cloudwatch/metricAlarm:MetricAlarm", "ratio", {
        metricQueries: [{ expression: "a/b" }, { metric: {} }, { metric: {} }],
      }),
      resource("aws:route53/zone:Zone", "zone"),
    ];
    const usage = {
      keyRequestsMillions: 1,
      secretReadsMillions: 0.1,
      registryGiB: 10,
      dnsQueriesMillions: 1,
    };
    const report = price(list, { usage });
    expect(bill(report)).to.deep.equal({
      "customer key": 1,
      "requests to the key": 3,
      secret: 0.4,
      "reads of the secret": 0.5,
      images: 1,
      alarm: 0.1,
      "alarm on 2 metrics": 0.2,
      "DNS zone": 0.5,
      "DNS queries": 0.4,
    });
    expect(report.lines.filter(({ item }) => item === "customer key")).to.have.length(2);
  });
});

describe("Prices of what runs in a cluster", () => {
  it("count the volumes of workloads and operators, with the type of their storage class", () => {
    const set = (type: string, name: string, spec: object) => resource(`kubernetes:${type}`, name, { spec });
    const list = [
      ssd,
      hdd,
      set("apps/v1:StatefulSet", "redis", { replicas: 3, volumeClaimTemplates: [claim("5Gi", "ssd")] }),
      set("core/v1:PersistentVolumeClaim", "cold", claim("50Gi", "hdd").spec),
      set("elasticsearch.k8s.elastic.co/v1:Elasticsearch", "search", {
        nodeSets: [{ count: 3, volumeClaimTemplates: [claim("60Gi")] }],
      }),
      set("kafka.strimzi.io/v1:KafkaNodePool", "kafka", {
        replicas: 3,
        storage: { type: "jbod", volumes: [{ type: "persistent-claim", size: "10Gi", class: "ssd" }] },
      }),
      set("postgresql.cnpg.io/v1:Cluster", "postgres", {
        instances: 3,
        storage: { size: "20Gi", storageClass: "ssd" },
      }),
    ];
    const report = price(list);
    expect(bill(report)).to.deep.equal({
      "3 × 5 GiB gp3 volumes": 1.2,
      // st1 is never smaller than 125 GiB.
      "1 × 125 GiB st1 volumes": 5.63,
      "3 × 60 GiB gp3 volumes": 14.4,
      "3 × 10 GiB gp3 volumes": 2.4,
      "3 × 20 GiB gp3 volumes": 4.8,
    });
    expect(report.unpriced).to.deep.equal([]);
  });

  it("count the volumes that charts claim, read from the values that the platform sets", () => {
    const values = {
      prometheus: {
        prometheusSpec: { replicas: 2, storageSpec: { volumeClaimTemplate: claim("60Gi", "ssd") } },
      },
      alertmanager: {
        alertmanagerSpec: { replicas: 3, storage: { volumeClaimTemplate: claim("1Gi", "ssd") } },
      },
      grafana: { persistence: { enabled: false, size: "10Gi" } },
    };
    expect(bill(price([ssd, release("kube-prometheus-stack", values)]))).to.deep.equal({
      "2 × 60 GiB gp3 volumes": 9.6,
      "3 × 1 GiB gp3 volumes": 0.24,
    });
    const loki = release("loki", {
      singleBinary: { replicas: 3, persistence: { size: "10Gi", storageClass: "ssd" } },
    });
    expect(bill(price([ssd, loki]))).to.deep.equal({ "3 × 10 GiB gp3 volumes": 2.4 });
  });

  it("see the load balancer in the gateway's values, with an address in each public subnet", () => {
    const subnet = (name: string, tags: object) => resource("aws:ec2/subnet:Subnet", name, { tags });
    const values = {
      service: {
        type: "LoadBalancer",
        loadBalancerClass: "service.k8s.aws/nlb",
        annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing" },
      },
    };
    const list = [
      subnet("public-a", { "kubernetes.io/role/elb": "1" }),
      subnet("public-b", { "kubernetes.io/role/elb": "1" }),
      subnet("private-a", { "kubernetes.io/role/internal-elb": "1" }),
      release("gateway", values),
    ];
    expect(bill(price(list, { usage: { loadBalancerCapacityUnits: 2 } }))).to.deep.equal({
      "network load balancer": 16.43,
      "capacity units of the load balancer": 8.76,
      "public addresses of the load balancer in 2 zones": 7.3,
    });
    expect(price([release("gateway", { service: { type: "NodePort" } })]).free).to.have.length(1);
  });

  it("bill spans only where the collector sends them to X-Ray, and snapshots only where Velero makes them", () => {
    const xray = {
      config: { exporters: { "otlphttp/xray": { traces_endpoint: "https://xray.us-east-1.amazonaws.com" } } },
    };
    const usage = { traceSpanGiB: 10, volumeSnapshotGiB: 10, metricReadsMillions: 1 };
    const list = [
      release("opentelemetry-collector", xray),
      release("velero", { snapshotsEnabled: true }),
      release("prometheus-yet-another-cloudwatch-exporter", {}),
    ];
    expect(bill(price(list, { usage }))).to.deep.equal({
      "spans sent to X-Ray": 3.5,
      "snapshots of volumes": 0.5,
      "metrics read from CloudWatch": 10,
    });
    const without = [release("opentelemetry-collector", {}), release("velero", { snapshotsEnabled: false })];
    expect(price(without, { usage }).lines).to.deep.equal([]);
  });

  it("take no money for volumes on a laptop's own disk", () => {
    const local = { ...ssd, props: { ...ssd.props, provisioner: "rancher.io/local-path" } };
    const set = resource("kubernetes:apps/v1:StatefulSet", "s", {
      spec: { volumeClaimTemplates: [claim("5Gi", "ssd")] },
    });
    expect(price([local, set]).lines).to.deep.equal([]);
    expect(price([local, set]).unpriced).to.deep.equal([]);
  });

  it("report what may cost something and has no price: unknown charts, operators, classes, drivers, ingresses", () => {
    const set = resource("kubernetes:apps/v1:StatefulSet", "s", {
      spec: { volumeClaimTemplates: [claim("5Gi", "fast")] },
    });
    const other = { ...ssd, props: { ...ssd.props, provisioner: "disk.csi.azure.com" } };
    expect(reasons([ssd, set])).to.deep.equal(["the storage class fast is not in the graph"]);
    expect(
      reasons([other, { ...set, props: { spec: { volumeClaimTemplates: [claim("5Gi", "ssd")] } } }]),
    ).to.deep.equal(["no prices of the volumes of disk.csi.azure.com"]);
    expect(reasons([release("mongodb", {})])).to.deep.equal([
      "whether the chart mongodb claims volumes is not known: add it in cost/pricers/helm.ts",
    ]);
    expect(reasons([resource("kubernetes:database.example.com/v1:Store", "s")])).to.deep.equal([
      "what the operator of database.example.com makes for it is not known: add it in cost/pricers/kubernetes.ts",
    ]);
    expect(reasons([resource("kubernetes:networking.k8s.io/v1:Ingress", "i")])).to.deep.equal([
      "an Ingress may make a load balancer: which one is not known",
    ]);
    expect(
      reasons([resource("kubernetes:core/v1:Service", "s", { spec: { type: "LoadBalancer" } })]),
    ).to.deep.equal(["which load balancer a Service of type LoadBalancer makes is not known"]);
  });

  it("name the property that is not known yet", () => {
    const set = resource("kubernetes:apps/v1:StatefulSet", "s", {
      spec: { replicas: unknownText, volumeClaimTemplates: [claim("5Gi", "ssd")] },
    });
    expect(price([ssd, set]).unpriced).to.deep.equal([
      {
        urn: set.urn,
        type: set.type,
        reason: "spec.replicas is not known yet",
        unknownProperty: "spec.replicas",
      },
    ]);
  });
});
