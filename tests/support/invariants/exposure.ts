/** Nothing that holds data can be reached from the internet. */
import type { Plan } from "../../../cli/plan/plan.ts";
import type { RecordedResource } from "../../../simulator/recorder.ts";
import { at, each, type Invariant, label, members } from "./invariant.ts";

const world = new Set(["0.0.0.0/0", "::/0"]);

/** Subnets with a route to an internet gateway. */
function publicSubnets(plan: Plan): ReadonlySet<string> {
  const ofType = (type: string) => plan.resources.filter((resource) => resource.type === type);
  const gateways = new Set(ofType("aws:ec2/internetGateway:InternetGateway").map(({ id }) => id));
  const open = (resource: RecordedResource) =>
    [...members(resource.inputs)].some(
      ([path, value]) => path.at(-1) === "gatewayId" && gateways.has(String(value)),
    );
  const tables = new Set([
    ...ofType("aws:ec2/route:Route")
      .filter(open)
      .map(({ inputs }) => String(inputs.routeTableId)),
    ...ofType("aws:ec2/routeTable:RouteTable")
      .filter(open)
      .map(({ id }) => id),
  ]);
  return new Set(
    ofType("aws:ec2/routeTableAssociation:RouteTableAssociation")
      .filter(({ inputs }) => tables.has(String(inputs.routeTableId)))
      .map(({ inputs }) => String(inputs.subnetId)),
  );
}

const storeSubnets: Readonly<Record<string, string>> = {
  "aws:rds/subnetGroup:SubnetGroup": "subnetIds",
  "aws:elasticache/subnetGroup:SubnetGroup": "subnetIds",
  "aws:msk/cluster:Cluster": "brokerNodeGroupInfo.clientSubnets",
};

export const noPublicStores: Invariant = {
  title: "no data store can be reached from the internet",
  violations: (plan) => {
    const open = publicSubnets(plan);
    return each(plan, (resource, args) => {
      const path = storeSubnets[resource.type];
      const inPublic =
        path === undefined ? [] : ((at(args, path) ?? []) as string[]).filter((id) => open.has(id));
      if (inPublic.length > 0) return `${label(resource)} is in a public subnet`;
      if (resource.type === "aws:rds/instance:Instance" && args.publiclyAccessible !== false) {
        return `${label(resource)} does not say publiclyAccessible: false`;
      }
      const access = at(args, "brokerNodeGroupInfo.connectivityInfo.publicAccess.type");
      if (access !== undefined && access !== "DISABLED")
        return `${label(resource)} has public access ${access}`;
      return resource.type === "aws:s3/bucket:Bucket" ? bucketViolations(plan, resource) : undefined;
    });
  },
};

function bucketViolations(plan: Plan, bucket: RecordedResource): string[] {
  const blocks = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"];
  const blocked = plan.resources.some(
    (resource) =>
      resource.type === "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock" &&
      resource.dependencies.includes(bucket.urn) &&
      blocks.every((block) => resource.inputs[block] === true),
  );
  return blocked ? [] : [`${label(bucket)} has no complete public access block`];
}

export const noOpenIngress: Invariant = {
  title: "no security group lets the whole internet in, and the cluster's API is never open to it",
  violations: (plan) =>
    each(plan, (resource, args) => {
      const found = (values: unknown) =>
        [...members({ values })].some(([, value]) => world.has(String(value)));
      if (resource.type === "aws:ec2/securityGroup:SecurityGroup" && found(args.ingress)) {
        return `${label(resource)} lets the whole internet in`;
      }
      if (resource.type === "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule" && found(args)) {
        return `${label(resource)} lets the whole internet in`;
      }
      if (
        resource.type === "aws:ec2/securityGroupRule:SecurityGroupRule" &&
        args.type === "ingress" &&
        found(args)
      ) {
        return `${label(resource)} lets the whole internet in`;
      }
      if (resource.type !== "eks:index:Cluster" || args.endpointPublicAccess === false) return undefined;
      const cidrs = (args.publicAccessCidrs ?? []) as string[];
      return cidrs.length === 0 || found(cidrs)
        ? `${label(resource)} has an API that is open to the world`
        : undefined;
    }),
};

/** Fields by which operators' kinds ask for a Service of their own. */
const serviceTypePaths = [
  "spec.http.service.spec.type",
  "spec.managed.services.additional.0.serviceTemplate.spec.type",
];

export const noPublicServices: Invariant = {
  title: "no Service but the gateway's is exposed outside the cluster",
  violations: (plan) =>
    each(plan, (resource, args) => {
      const exposed = (type: unknown) => type === "LoadBalancer" || type === "NodePort";
      const namespace = String(at(args, "metadata.namespace"));
      if (resource.type === "kubernetes:core/v1:Service") {
        const type = at(args, "spec.type");
        return exposed(type) && namespace !== "istio-ingress" ? `${label(resource)} is a ${type}` : undefined;
      }
      if (!resource.type.startsWith("kubernetes:")) return undefined;
      const types = serviceTypePaths.map((path) => at(args, path)).filter(exposed);
      if (types.length > 0) return `${label(resource)} asks for a ${types[0]}`;
      const listeners = (at(args, "spec.kafka.listeners") ?? []) as { type?: string; name?: string }[];
      return listeners
        .filter(({ type }) => type !== "internal" && type !== "cluster-ip")
        .map(({ name, type }) => `${label(resource)} has the listener ${name} of type ${type}`);
    }),
};
