import { matches } from "../../../shared/exceptions.ts";
import { nist } from "../../../shared/frameworks.ts";
import type { Finding, GuardedResource, Rule, RuleContext, Setting } from "../../../shared/rule.ts";
import { textsOf } from "../../../shared/settings.ts";
import { finding, isObject, isUnknown, member, read, readList } from "../../../shared/value.ts";
import { isWorld } from "../world.ts";

const settings: Readonly<Record<string, Setting>> = {
  gateways: {
    type: "strings",
    default: ["*gateway*"],
    description: "Logical names of the gateway, which may be open to the world, * for any characters.",
  },
  ports: {
    type: "strings",
    default: ["80", "443"],
    description: "Ports that the gateway may open to the world.",
  },
};

/** Annotations by which a cloud keeps a load balancer inside its network. */
const internal: readonly (readonly [annotation: string, value: string])[] = [
  ["service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"],
  ["service.beta.kubernetes.io/aws-load-balancer-internal", "true"],
  ["networking.gke.io/load-balancer-type", "Internal"],
  ["service.beta.kubernetes.io/azure-load-balancer-internal", "true"],
];

/** Load balancers are made by controllers from Services, in objects of their own or in a chart's values. */
export const exposureRules: readonly Rule[] = [
  {
    name: "kubernetes-service-public",
    kind: "resource",
    types: ["kubernetes:core/v1:Service"],
    description: "A Service must not be open to the internet, except ports 80 and 443 of the gateway.",
    severity: "critical",
    frameworks: [nist("SC-7")],
    remediation:
      "Use the type ClusterIP and go through the gateway, or name the ranges in spec.loadBalancerSourceRanges. The change is made in place.",
    settings,
    check: (resource, context) => {
      const type = read(resource.props, "spec.type");
      if (type.state === "unknown") return [finding(resource, "spec.type", wording)];
      return type.state === "value" && type.value === "LoadBalancer"
        ? judge(resource, "spec.type", "spec", "metadata.annotations", context)
        : [];
    },
  },
  {
    name: "kubernetes-release-public",
    kind: "resource",
    types: ["kubernetes:helm.sh/v3:Release"],
    description:
      "A chart must not make a Service that is open to the internet, except ports 80 and 443 of the gateway.",
    severity: "critical",
    frameworks: [nist("SC-7")],
    remediation:
      "Set the type of the chart's Service to ClusterIP and go through the gateway, or name the ranges in loadBalancerSourceRanges. The change is made in place.",
    settings,
    check: (resource, context) =>
      balancers(resource.props.values, "values").flatMap((path) =>
        judge(resource, `${path}.type`, path, `${path}.annotations`, context),
      ),
  },
];

const wording = {
  required: "ClusterIP, an internal load balancer, or named ranges",
  fix: "use ClusterIP behind the gateway, or list the ranges in loadBalancerSourceRanges",
};

/** Paths of all objects in a chart's values that describe a Service with a load balancer. */
function balancers(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => balancers(one, member(path, index)));
  if (!isObject(value)) return [];
  // A service whose type is unknown might be one.
  const isService = /service$/i.test(path) && isUnknown(value.type);
  const here = value.type === "LoadBalancer" || isService ? [path] : [];
  return [...here, ...Object.entries(value).flatMap(([key, one]) => balancers(one, member(path, key)))];
}

function judge(
  resource: GuardedResource,
  type: string,
  spec: string,
  annotations: string,
  context: RuleContext,
): Finding[] {
  if (read(resource.props, type).state === "unknown") return [finding(resource, type, wording)];
  const isInternal = internal.some(([annotation, value]) => {
    const found = read(resource.props, member(annotations, annotation));
    return found.state === "value" && found.value === value;
  });
  if (isInternal) return [];
  const ranges = readList(resource.props, `${spec}.loadBalancerSourceRanges`);
  if (ranges.length > 0) {
    const fix = "name a smaller range";
    return ranges.flatMap(({ path, found }) =>
      found.state === "unknown" || (found.state === "value" && isWorld(found.value))
        ? [finding(resource, path, { required: "a range smaller than the internet", fix })]
        : [],
    );
  }
  if (!textsOf(context, "gateways").some((pattern) => matches(pattern, resource.name))) {
    return [finding(resource, type, wording)];
  }
  const allowed = textsOf(context, "ports");
  const portWording = {
    required: `only the ports ${allowed.join(" and ")}`,
    fix: `list only the ports ${allowed.join(" and ")}`,
  };
  const ports = readList(resource.props, `${spec}.ports`);
  if (ports.length === 0) return [finding(resource, `${spec}.ports`, portWording)];
  return ports.flatMap(({ path }) => {
    const at = `${path}.port`;
    const found = read(resource.props, at);
    return found.state === "value" && allowed.includes(String(found.value))
      ? []
      : [finding(resource, at, portWording)];
  });
}
