import type { PricingContext } from "../pricing.ts";
import { at, UnpricedError } from "../quantities.ts";
import type { CostResource, PricedItem } from "../types.ts";
import { releaseItems, releaseType } from "./helm.ts";
import { loadBalancerItems } from "./load-balancer.ts";
import { free, items, type Pricer } from "./rule.ts";
import { claimsOf, volumeItems } from "./volumes.ts";

/**
 * API groups whose objects are known: those of Kubernetes itself, and operators that claim no more than `volumes.ts`
 * counts. An object of any other group is reported as unpriced, since its operator may buy anything.
 */
const knownGroups =
  /^(v1|core|apps|batch|autoscaling|policy|[a-z0-9.-]+\.k8s\.io|argoproj\.io|([a-z.]+\.)?istio\.io|([a-z.]+\.)?cert-manager\.io|([a-z.]+\.)?external-secrets\.io|monitoring\.coreos\.com|velero\.io|([a-z.]+\.)?cnpg\.io|([a-z.]+\.)?k8s\.elastic\.co|kafka\.strimzi\.io|keda\.sh|eks\.amazonaws\.com|elbv2\.k8s\.aws)$/;

/** What runs in a cluster is paid with its nodes; volumes and load balancers are paid beside them. */
export const kubernetes: Pricer = (resource, context) => {
  if (resource.type === releaseType) return releaseItems(resource, context);
  const group = resource.type.split(":")[1]?.split("/")[0] ?? "";
  if (!knownGroups.test(group)) {
    throw new UnpricedError(
      `what the operator of ${group} makes for it is not known: add it in cost/pricers/kubernetes.ts`,
    );
  }
  if (resource.type.endsWith(":Ingress")) {
    throw new UnpricedError("an Ingress may make a load balancer: which one is not known");
  }
  const list = [
    ...claimsOf(resource).flatMap((claims) => volumeItems(claims, context)),
    ...(resource.type === "kubernetes:core/v1:Service" ? serviceItems(resource, context) : []),
  ];
  return list.length > 0
    ? items(...list)
    : free("runs on the nodes or is configuration: the nodes are priced");
};

function serviceItems(resource: CostResource, context: PricingContext): PricedItem[] {
  const service = at(resource.props, "spec");
  return loadBalancerItems(
    resource,
    { service, annotations: at(resource.props, "metadata.annotations") },
    context,
  );
}
