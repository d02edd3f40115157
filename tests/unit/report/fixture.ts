/** A small plan with one service, one store of each place and one policy pack, for tests of the report's writers. */

import type { CostDocument } from "../../../cli/cost/document.ts";
import type { Plan } from "../../../cli/plan/plan.ts";
import { buildPicture } from "../../../cli/report/architecture/build.ts";
import { type GuardrailReport, guardrailReport } from "../../../cli/report/guardrails.ts";
import type { ReportData } from "../../../cli/report/model.ts";
import type { Outcome, Status } from "../../../policies/shared/evaluate.ts";
import type { Exception, GuardedResource, Pack, Rule } from "../../../policies/shared/rule.ts";
import { formatFinding } from "../../../policies/shared/rule.ts";
import { asSecret } from "../../../simulator/properties.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";

export const urnOf = (type: string, name: string) => `urn:pulumi:test::llm-marketplace::${type}::${name}`;

/** A recorded resource; what is not given is what a plain one has. */
export function resource(
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
  more: Partial<RecordedResource> = {},
): RecordedResource {
  return {
    urn: urnOf(type, name),
    type,
    name,
    custom: !/^(llm-marketplace:|pulumi:pulumi:)/.test(type),
    remote: false,
    parent: type === "pulumi:pulumi:Stack" ? undefined : urnOf("pulumi:pulumi:Stack", "llm-marketplace-test"),
    provider: "",
    providers: {},
    inputs,
    id: `${name}-id`,
    outputs: inputs,
    dependencies: [],
    propertyDependencies: {},
    protect: false,
    options: {},
    ...more,
  };
}

const namespace = "llm-marketplace";
const meta = (name: string, where = namespace) => ({ name, namespace: where });

/** A service as the library registers it: its component, workload, scaling, Service and rules of who may call. */
export function service(
  name: string,
  options: { readonly env?: Record<string, string>; readonly callers?: readonly string[] } = {},
): RecordedResource[] {
  const component = urnOf("llm-marketplace:service:MarketplaceService", name);
  const parent = { parent: component };
  const labels = { "app.kubernetes.io/name": name };
  const env = Object.entries(options.env ?? {}).map(([key, value]) => ({ name: key, value }));
  const rollout = {
    metadata: meta(name),
    spec: {
      template: {
        metadata: { labels },
        spec: { serviceAccountName: name, containers: [{ image: `registry.example/${name}:1.2.3`, env }] },
      },
    },
  };
  const scaler = {
    metadata: meta(name),
    spec: { minReplicas: 2, maxReplicas: 9, scaleTargetRef: { name } },
  };
  const rules = (options.callers ?? []).map((caller) => ({
    from: [{ source: { principals: [`cluster.local/ns/${caller}`] } }],
    to: [{ operation: { paths: [`/v1/${name}`, `/v1/${name}/*`] } }],
  }));
  return [
    resource("llm-marketplace:service:MarketplaceService", name),
    resource("kubernetes:argoproj.io/v1alpha1:Rollout", `${name}-rollout`, rollout, parent),
    resource("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", `${name}-autoscaler`, scaler, parent),
    resource(
      "kubernetes:core/v1:Service",
      `${name}-service`,
      { metadata: meta(`${name}-service`), spec: { selector: labels } },
      parent,
    ),
    resource(
      "kubernetes:security.istio.io/v1:AuthorizationPolicy",
      `${name}-authorization`,
      { metadata: meta(name), spec: { selector: { matchLabels: labels }, rules } },
      parent,
    ),
  ];
}

export const gateway = resource("kubernetes:helm.sh/v3:Release", "mesh-gateway", {
  name: "istio-ingressgateway",
  chart: "gateway",
  namespace: "istio-ingress",
  values: { name: "istio-ingressgateway", replicaCount: 2, service: { type: "NodePort" } },
});

export const database = resource(
  "kubernetes:postgresql.cnpg.io/v1:Cluster",
  "data-postgres",
  {
    metadata: meta("postgres", "data"),
    spec: { instances: 3, imageName: "pg:15.19-1", storage: { size: "5Gi" } },
  },
  { protect: true },
);

export const gatewayIdentity = "istio-ingress/sa/istio-ingressgateway";

const stack = resource("pulumi:pulumi:Stack", "llm-marketplace-test");

export function planOf(resources: readonly RecordedResource[]): Plan {
  return {
    project: "llm-marketplace",
    stack: "test",
    cloud: "local",
    environment: "local",
    resources: [stack, ...resources],
    outputs: { kubeconfig: asSecret("s3cr3t") },
  };
}

export const smallPlan = planOf([
  gateway,
  database,
  ...service("search", {
    env: { DATABASE_HOST: "postgres-rw.data.svc.cluster.local", PASSWORD: "" },
    callers: [gatewayIdentity],
  }),
]);

const rule = (name: string, severity: Rule["severity"], types: string[]): Rule => ({
  kind: "resource",
  name,
  severity,
  types,
  description: `${name} must hold. Else nobody sleeps.`,
  remediation: `Mend ${name}.`,
  frameworks: [{ name: "Pod Security Standards", version: "1.35", control: "restricted" }],
  check: () => [],
});

const workload = "kubernetes:argoproj.io/v1alpha1:Rollout";

export const pack: Pack = {
  name: "llm-marketplace-encryption",
  folder: "encryption",
  description: "A pack for tests.",
  rules: [
    rule("service-image-pinned", "high", [workload]),
    rule("service-probes", "medium", [workload]),
    rule("service-quiet", "low", ["kubernetes:core/v1:Service"]),
    rule("service-off", "low", [workload]),
  ],
};

export const exception: Exception = {
  policy: "service-probes",
  resource: "search-*",
  reason: "The probe comes with the next release.",
  expires: "2026-12-31",
};

/** An outcome of the pack's rule about a resource. */
export function outcome(
  ruleName: string,
  status: Status,
  more: {
    readonly name?: string;
    readonly actual?: string;
    readonly level?: "mandatory" | "advisory";
    readonly property?: string;
  } = {},
): Outcome {
  const found = pack.rules.find(({ name }) => name === ruleName) as Rule;
  const name = more.name ?? "search-rollout";
  const guarded: GuardedResource = {
    urn: urnOf(workload, name),
    type: workload,
    name,
    props: {},
    protect: false,
    parent: undefined,
    propertyDependencies: {},
    provider: undefined,
  };
  const finding = {
    resource: guarded,
    property: more.property ?? "spec.image",
    actual: more.actual ?? '"search:latest"',
    required: "a digest",
    fix: "pin the image",
  };
  return {
    pack: pack.name,
    rule: found,
    level: more.level ?? "mandatory",
    status,
    finding,
    message: formatFinding(finding),
    ...(status === "excepted" && { exception }),
  };
}

export const today = "2026-11-23";

export function guardrails(
  outcomes: readonly Outcome[],
  exceptions: readonly Exception[] = [],
): GuardrailReport {
  const configs = {
    encryption: { all: "mandatory" as const, "service-off": { enforcementLevel: "disabled" as const } },
  };
  return guardrailReport([pack], configs, outcomes, (one) => (one.name === "service-quiet" ? 1 : 3), {
    exceptions,
    today,
  });
}

/** The price of the small plan: two components, one line each. */
export const cost: CostDocument = {
  stack: "test",
  region: "us-east-1",
  currency: "USD",
  priceDate: "2026-09-01",
  budgetUsdPerMonth: 500,
  minimumUsdPerMonth: 400,
  typicalUsdPerMonth: 450,
  maximumUsdPerMonth: 900,
  optimisedUsdPerMonth: 250,
  lines: [line("cluster", "3 × t3.xlarge on demand", 364.42), line("data", "20 GiB of gp3", 35.58)],
  unpriced: [],
  free: [{ urn: urnOf("aws:iam/role:Role", "role"), type: "aws:iam/role:Role", reason: "no charge" }],
  withinBudget: true,
  ceilingUsdPerMonth: 1000,
  nodes: { minimum: 3, typical: 4, maximum: 9 },
  spotRatio: 0.4,
  atSpotRatios: [],
  optimised: {
    budgetUsdPerMonth: 300,
    withoutCommitmentsUsdPerMonth: 280,
    usdPerMonth: 250,
    commitments: [],
    savings: [
      { saving: "spot nodes", applies: "stateless pools", turnOn: "profile: optimised", usdPerMonth: 120 },
    ],
  },
  usdPerMillionRequests: 4.5,
  breakers: [{ change: "one more node (4th): general", usdPerMonth: 121.47, totalUsdPerMonth: 521.47 }],
  assumptions: { requestsMillions: 100 },
  warnings: ["price x is 200 days old"],
};

function line(component: string, item: string, usdPerMonth: number): CostDocument["lines"][number] {
  return {
    urn: urnOf("aws:x:X", component),
    component,
    item,
    quantity: 1,
    unit: "month",
    unitPriceUsd: usdPerMonth,
    usdPerMonth,
    typicalUsdPerMonth: usdPerMonth,
    maximumUsdPerMonth: usdPerMonth,
    priceKey: "aws.x",
    priceDate: "2026-09-01",
  };
}

/** A report about the small plan in which everything is in order; `change` sets what a test is about. */
export function report(change: Partial<ReportData> = {}): ReportData {
  const plan = change.plan ?? smallPlan;
  return {
    plan,
    today,
    stackFile: "Pulumi.test.yaml",
    guardrails: guardrails([]),
    cost,
    costChange: undefined,
    changes: undefined,
    capacity: [],
    picture: buildPicture(plan),
    architecture: '<svg class="arch"></svg>',
    ...change,
  };
}

/** What breaks out of HTML, Markdown, JSON, a terminal or a table if it is not escaped. */
export const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'&|\`**[x](javascript:1)\u001b[31m\n# @everyone`;
