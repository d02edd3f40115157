import { constant, hoursPerMonth, listAt, textAt } from "../quantities.ts";
import { items, type Pricer } from "./rule.ts";

const natType = "aws:ec2/natGateway:NatGateway";
const endpointType = "aws:ec2/vpcEndpoint:VpcEndpoint";

const natGateway: Pricer = (_resource, context) =>
  items(
    { item: "NAT gateway", price: "aws.vpc.natGateway.hour", quantity: constant(hoursPerMonth) },
    {
      item: "data through NAT",
      price: "aws.vpc.natGateway.dataProcessed.gb",
      quantity: context.share("natGiB", context.ofType(natType)),
    },
  );

const publicAddress: Pricer = () =>
  items({ item: "public IPv4 address", price: "aws.vpc.publicIpv4.hour", quantity: constant(hoursPerMonth) });

/** Traffic has no resource of its own: it is booked on the network. */
const network: Pricer = (resource, context) => {
  const networks = context.ofType(resource.type);
  return items(
    {
      item: "data out to the internet",
      price: "aws.dataTransfer.internetOut.gb",
      quantity: context.share("internetEgressGiB", networks),
    },
    {
      item: "data between zones, both directions",
      price: "aws.dataTransfer.crossAz.bothDirections.gb",
      quantity: context.share("crossZoneGiB", networks),
    },
  );
};

const flowLog: Pricer = (resource, context) => {
  const toBucket = textAt(resource, "logDestinationType") === "s3";
  const group = context.named("aws:cloudwatch/logGroup:LogGroup", resource, "logDestination", ["arn"]);
  const infrequent = group !== undefined && textAt(group, "logGroupClass") === "INFREQUENT_ACCESS";
  const toLogs = infrequent
    ? "aws.cloudwatch.logs.ingestion.vendedInfrequentAccess.gb"
    : "aws.vpc.flowLogs.cloudwatch.gb";
  return items({
    item: `flow logs to ${toBucket ? "S3" : "CloudWatch"}`,
    price: toBucket ? "aws.vpc.flowLogs.s3Delivery.gb" : toLogs,
    quantity: context.share("flowLogGiB", context.ofType(resource.type)),
  });
};

const endpoint: Pricer = (resource, context) => {
  if (textAt(resource, "vpcEndpointType") !== "Interface") {
    return items({
      item: "gateway endpoint",
      price: "aws.vpc.gatewayEndpoint.hour",
      quantity: constant(hoursPerMonth),
    });
  }
  const zones = Math.max(1, listAt(resource.props, "subnetIds").length);
  const peers = context.ofType(endpointType).filter((one) => textAt(one, "vpcEndpointType") === "Interface");
  return items(
    {
      item: `interface endpoint in ${zones} zones`,
      price: "aws.vpc.interfaceEndpoint.hour",
      quantity: constant(hoursPerMonth * zones),
    },
    {
      item: "data through the endpoint",
      price: "aws.vpc.interfaceEndpoint.dataProcessed.gb",
      quantity: context.share("interfaceEndpointGiB", peers),
    },
  );
};

const zone: Pricer = (resource, context) =>
  items(
    { item: "DNS zone", price: "aws.route53.zone.month", quantity: constant(1) },
    {
      item: "DNS queries",
      price: "aws.route53.queries.million",
      quantity: context.share("dnsQueriesMillions", context.ofType(resource.type)),
    },
  );

export const awsNetwork: Readonly<Record<string, Pricer>> = {
  "aws:ec2/vpc:Vpc": network,
  [natType]: natGateway,
  "aws:ec2/eip:Eip": publicAddress,
  "aws:ec2/flowLog:FlowLog": flowLog,
  [endpointType]: endpoint,
  "aws:route53/zone:Zone": zone,
};
