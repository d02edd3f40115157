import * as pulumi from "@pulumi/pulumi";
import type { Cloud, ClusterOutputs, EncryptionOutputs } from "./clouds/contract.ts";
import { withProviders } from "./core/component-options.ts";
import type { PlatformContext } from "./core/context.ts";
import { createCertificates } from "./kubernetes/certificates.ts";
import { createExternalDns } from "./kubernetes/external-dns.ts";
import type { Mesh } from "./mesh.ts";

export interface EdgeArgs {
  readonly context: PlatformContext;
  readonly cloud: Cloud;
  readonly encryption: EncryptionOutputs;
  readonly cluster: ClusterOutputs;
  readonly mesh: Mesh;
}

export interface EdgeOutputs {
  /** Servers to which the parent domain must delegate; empty where there is no zone. */
  readonly nameServers: pulumi.Output<string[]>;
  /** Public host name of the services, `api.<domain>`. */
  readonly host: string;
  /** `https://api.<domain>`. */
  readonly url: string;
  /** Certificates and issuers of other components depend on these: cert-manager answers, the platform's issuer exists. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The platform's name, address and certificate.
 *
 * Creates: the DNS zone of the domain; cert-manager with an issuer (ACME by DNS-01 where there is a zone, else a
 * certificate authority of the cluster's own) and the gateway's certificate; external-dns, which writes the record of
 * the gateway's load balancer, where there is a zone.
 *
 * Does not create: the gateway and its load balancer (Mesh), the delegation in the parent domain (the name servers
 * are an output). Cost: the zone, about $0.50 a month on AWS. Replaces: the zone, its name servers and the
 * certificate when the domain changes. Throws: nothing of its own.
 *
 * Example: `new Edge("edge", { context, cloud, encryption, cluster, mesh })`
 */
export class Edge extends pulumi.ComponentResource implements EdgeOutputs {
  readonly nameServers: pulumi.Output<string[]>;
  readonly host: string;
  readonly url: string;
  readonly ready: readonly pulumi.Resource[];

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("llm-marketplace:edge:Edge", name, {}, withProviders(args, opts));
    const { context, cloud, mesh } = args;

    const dns = cloud.dns(this, `${name}-dns`, { context, domain: context.domain });
    const certificates = createCertificates(this, name, { ...args, dns, gateway: mesh.gateway });
    if (dns.zoneId !== undefined) {
      createExternalDns(this, name, { ...args, dns, zoneId: dns.zoneId, mesh: mesh.ready });
    }

    this.nameServers = dns.nameServers;
    this.host = mesh.gateway.host;
    this.url = `https://${mesh.gateway.host}`;
    this.ready = certificates.ready;
    this.registerOutputs({ nameServers: this.nameServers, host: this.host, url: this.url });
  }
}
