import { nist } from "../../../shared/frameworks.ts";
import { containers, workloadTypes } from "../../../shared/kubernetes.ts";
import { propertyRule } from "../../../shared/property-rule.ts";
import type { Finding, GuardedResource, Rule, RuleContext, Setting } from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { expectProperty, finding, isObject, isUnknown, member, read } from "../../../shared/value.ts";
import { isExactTag, isPinned } from "../images.ts";
import { releaseTypes } from "../workloads.ts";

const settings: Readonly<Record<string, Setting>> = {
  floating: {
    type: "strings",
    default: ["latest", "stable", "main", "master", "edge", "nightly", "canary"],
    description: "Words that mark a tag as one that moves.",
  },
};
const frameworks = [nist("CM-2")];
const why = "so that a new pod runs what the last one ran, and a rollback what ran before";
const wording = {
  required: "a digest, or a tag with a whole version",
  fix: "pin the image by digest (@sha256:…) or by a tag such as 1.2.3",
};
const change = "Pods are replaced one after the other.";

const containerRule: Rule = {
  name: "kubernetes-container-image-pinned",
  kind: "resource",
  types: workloadTypes,
  description: `A container's image must be pinned by digest or exact tag, ${why}.`,
  severity: "high",
  frameworks,
  remediation: `Pin the image by digest, or by a tag that names a whole version. ${change}`,
  settings,
  check: (resource, context) =>
    containers(resource).flatMap(({ path }) =>
      expectProperty(resource, `${path}.image`, (value) => isPinnedHere(value, context), wording),
    ),
};

/** Custom resources that name the image which their operator runs. */
const operatedRules: readonly Rule[] = [
  propertyRule({
    name: "kubernetes-postgres-image-pinned",
    types: "kubernetes:postgresql.cnpg.io/v1:Cluster",
    description:
      "A PostgreSQL cluster must name an image pinned by digest or exact tag, because the operator's default changes with the operator.",
    severity: "high",
    frameworks,
    remediation: `Set spec.imageName to an image with a digest or a whole version. ${change}`,
    settings,
    property: "spec.imageName",
    holds: isPinnedHere,
    ...wording,
  }),
  propertyRule({
    name: "kubernetes-elasticsearch-image-pinned",
    types: "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch",
    description: `An Elasticsearch cluster that names an image must pin it by digest or exact tag, ${why}; without one the operator takes the image of spec.version.`,
    severity: "high",
    frameworks,
    remediation: `Set spec.image to an image with a digest or a whole version, or leave it out. ${change}`,
    settings,
    applies: ({ props }) => read(props, "spec.image").state !== "absent",
    property: "spec.image",
    holds: isPinnedHere,
    ...wording,
  }),
];

const chartVersionRule: Rule = propertyRule({
  name: "kubernetes-helm-chart-version",
  types: releaseTypes,
  description:
    "A Helm chart must be pinned to one version, because whatever is newest would be installed at any update otherwise.",
  severity: "high",
  frameworks,
  remediation:
    "Set version to one version of the chart, without ^, ~, x or a range. The change is made in place.",
  // A chart in the program's own folder is pinned by the program's commit.
  applies: ({ props }) => !/^(\.{0,2}\/|file:)/.test(String(props.chart ?? "")),
  property: "version",
  holds: (value) => /^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(String(value)),
  required: "one version such as 1.2.3",
  fix: "set version to one version of the chart",
});

const chartImageRule: Rule = {
  name: "kubernetes-helm-image-pinned",
  kind: "resource",
  types: releaseTypes,
  description: `An image in the values of a Helm chart must be pinned by digest or exact tag, ${why}. Images that the values do not name come with the chart's own version.`,
  severity: "high",
  frameworks,
  remediation: `Pin the image in the values by digest, or by a tag that names a whole version. ${change}`,
  settings,
  check: (resource, context) => judgeValues(resource, "values", context),
};

/** Images as charts write them: `image: repo:tag`, or an object with repository, tag and digest under that key. */
function judgeValues(resource: GuardedResource, path: string, context: RuleContext): Finding[] {
  const found = read(resource.props, path);
  if (found.state !== "value") return [];
  const { value } = found;
  if (Array.isArray(value)) {
    return value.flatMap((_, index) => judgeValues(resource, member(path, index), context));
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, one]) => {
    const at = member(path, key);
    if (!/image$/i.test(key)) return judgeValues(resource, at, context);
    return isObject(one)
      ? [...judgeImageObject(resource, at, one, context), ...judgeValues(resource, at, context)]
      : judgeImageText(resource, at, one, context);
  });
}

function judgeImageObject(
  resource: GuardedResource,
  path: string,
  { tag, digest }: Readonly<Record<string, unknown>>,
  context: RuleContext,
): Finding[] {
  // An empty tag is the chart's own, which its version pins.
  if (tag === undefined || tag === "" || isFilled(digest)) return [];
  const isExact = typeof tag === "string" && !isUnknown(tag) && isExactTag(tag, textsOf(context, "floating"));
  return isExact ? [] : [finding(resource, `${path}.tag`, wording)];
}

function judgeImageText(
  resource: GuardedResource,
  path: string,
  image: unknown,
  context: RuleContext,
): Finding[] {
  if (typeof image !== "string" || image === "") return [];
  return isUnknown(image) || !isPinnedHere(image, context) ? [finding(resource, path, wording)] : [];
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value !== "" && !isUnknown(value);
}

function isPinnedHere(value: unknown, context: RuleContext): boolean {
  return typeof value === "string" && isPinned(value, textsOf(context, "floating"));
}

/** That the same program always runs the same software. */
export const imageRules: readonly Rule[] = [
  containerRule,
  ...operatedRules,
  chartVersionRule,
  chartImageRule,
];
