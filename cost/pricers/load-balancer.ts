import type { PricingContext } from "../pricing.ts";
import { at, constant, hoursPerMonth, times, UnpricedError } from "../quantities.ts";
import type { CostResource, PricedItem } from "../types.ts";

const awsAnnotation = "service.beta.kubernetes.io/aws-load-balancer";

/**
 * The network load balancer that AWS's controller makes for a Service of type LoadBalancer, and its public addresses,
 * one a zone. `service` has `type` and `loadBalancerClass`, as in an object's `spec` and in a chart's values.
 */
export function loadBalancerItems(
  resource: CostResource,
  { service, annotations }: { readonly service: unknown; readonly annotations: unknown },
  context: PricingContext,
): PricedItem[] {
  if (at(service, "type") !== "LoadBalancer") return [];
  const keys = Object.keys((annotations ?? {}) as object);
  const isNetworkBalancer =
    at(service, "loadBalancerClass") === "service.k8s.aws/nlb" ||
    keys.some((key) => key.startsWith(awsAnnotation));
  if (!isNetworkBalancer)
    throw new UnpricedError("which load balancer a Service of type LoadBalancer makes is not known");
  const internal = at(annotations, `["${awsAnnotation}-scheme"]`) !== "internet-facing";
  const zones = Math.max(1, publicSubnets(context).length);
  return [
    { item: "network load balancer", price: "aws.elb.nlb.hour", quantity: constant(hoursPerMonth) },
    {
      item: "capacity units of the load balancer",
      price: "aws.elb.nlb.lcuHour",
      quantity: times(context.share("loadBalancerCapacityUnits", [resource]), hoursPerMonth),
    },
    ...(internal
      ? []
      : [
          {
            item: `public addresses of the load balancer in ${zones} zones`,
            price: "aws.vpc.publicIpv4.hour",
            quantity: times(constant(hoursPerMonth), zones),
          },
        ]),
  ];
}

/** Subnets in which the controller puts public load balancers: one address each. */
function publicSubnets(context: PricingContext): CostResource[] {
  return context
    .ofType("aws:ec2/subnet:Subnet")
    .filter((subnet) => at(subnet.props, 'tags["kubernetes.io/role/elb"]') !== undefined);
}
