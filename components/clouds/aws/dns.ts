import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import type { DnsOutputs, DnsSpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";

/** The public Route 53 zone of the platform's domain; its name servers go into the parent domain once, by hand. */
export function createDns(
  parent: pulumi.ComponentResource,
  name: string,
  spec: DnsSpec,
  environment: AwsEnvironment,
): DnsOutputs {
  const { context } = spec;
  const zone = new aws.route53.Zone(
    `${name}-zone`,
    {
      name: spec.domain,
      comment: `${context.project} ${context.stack}`,
      // external-dns leaves records behind when the cluster goes; in protected stacks the zone stays as well.
      forceDestroy: !context.protectData,
      tags: tags(context, "edge", `${name}-zone`),
    },
    { parent, protect: context.protectData },
  );
  return {
    zoneId: zone.zoneId,
    nameServers: zone.nameServers,
    // Without keys: cert-manager's ServiceAccount has an identity with rights on this zone.
    acmeSolver: { dns01: { route53: { region: environment.region, hostedZoneID: zone.zoneId } } },
  };
}
