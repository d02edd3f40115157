import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { createCustomResource } from "../custom-resource.ts";

export interface StoreAuthoritySpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly namespace: pulumi.Input<string>;
  /** Name of the store, the first part of every object's name. */
  readonly store: string;
  /** What must exist first: cert-manager. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** Signs the certificates of one store. */
export interface StoreAuthority {
  readonly spec: StoreAuthoritySpec;
  readonly issuerName: pulumi.Output<string>;
  readonly ready: readonly pulumi.Resource[];
}

export interface StoreCertificateSpec {
  /** Name of the Certificate and of its secret with `tls.crt`, `tls.key` and `ca.crt`. */
  readonly secretName: string;
  /** Common name, where a server takes a client's identity from it. */
  readonly commonName?: string;
  readonly dnsNames: readonly string[];
  readonly usages: readonly ("server auth" | "client auth")[];
  /** Adds `tls-combined.pem`, key and chain in one file, which Java servers read. Default: false. */
  readonly combined?: boolean;
  /** Labels of the secret. */
  readonly secretLabels?: Record<string, string>;
}

/** Ten years: clients hold the authority's certificate, and its change is a migration, not a renewal. */
const authorityDuration = "87600h";
/** Leaves live 90 days and are renewed 30 days before; servers must load the new one while they run. */
const leafDuration = "2160h";
const leafRenewBefore = "720h";

/**
 * A certificate authority for one store, in the store's own namespace: a certificate of one store is worth nothing
 * at another. The authority's key never leaves its secret `<store>-authority`.
 */
export function createStoreAuthority(
  parent: pulumi.ComponentResource,
  name: string,
  spec: StoreAuthoritySpec,
): StoreAuthority {
  const place = { context: spec.context, component: spec.component, namespace: spec.namespace };
  const kind = (kindName: string, objectName: string, body: Record<string, unknown>) => ({
    ...place,
    apiVersion: "cert-manager.io/v1",
    kind: kindName,
    objectName,
    spec: body,
  });
  const selfSigned = createCustomResource(
    parent,
    `${name}-self-signed`,
    kind("Issuer", `${spec.store}-self-signed`, { selfSigned: {} }),
    { dependsOn: [...spec.dependsOn] },
  );
  const authority = createCustomResource(
    parent,
    `${name}-authority`,
    kind("Certificate", `${spec.store}-authority`, {
      isCA: true,
      commonName: `${spec.context.project} ${spec.store}`,
      secretName: `${spec.store}-authority`,
      duration: authorityDuration,
      renewBefore: leafDuration,
      privateKey: { algorithm: "ECDSA", size: 256 },
      issuerRef: { group: "cert-manager.io", kind: "Issuer", name: selfSigned.metadata.name },
    }),
    { dependsOn: [selfSigned], protect: spec.context.protectData },
  );
  const issuer = createCustomResource(
    parent,
    `${name}-issuer`,
    kind("Issuer", spec.store, { ca: { secretName: `${spec.store}-authority` } }),
    { dependsOn: [authority] },
  );
  return { spec, issuerName: issuer.metadata.name, ready: [issuer] };
}

/** A certificate that the store's authority signs. */
export function createStoreCertificate(
  parent: pulumi.ComponentResource,
  name: string,
  authority: StoreAuthority,
  spec: StoreCertificateSpec,
): pulumi.Resource {
  const { context, component, namespace } = authority.spec;
  return createCustomResource(
    parent,
    name,
    {
      context,
      component,
      apiVersion: "cert-manager.io/v1",
      kind: "Certificate",
      objectName: spec.secretName,
      namespace,
      spec: {
        secretName: spec.secretName,
        ...(spec.commonName === undefined ? {} : { commonName: spec.commonName }),
        dnsNames: [...spec.dnsNames],
        duration: leafDuration,
        renewBefore: leafRenewBefore,
        usages: ["digital signature", ...spec.usages],
        // PKCS#8 is the one form that OpenSSL and Java both read.
        privateKey: { algorithm: "ECDSA", size: 256, encoding: "PKCS8", rotationPolicy: "Always" },
        ...(spec.combined ? { additionalOutputFormats: [{ type: "CombinedPEM" }] } : {}),
        ...(spec.secretLabels === undefined ? {} : { secretTemplate: { labels: spec.secretLabels } }),
        issuerRef: { group: "cert-manager.io", kind: "Issuer", name: authority.issuerName },
      },
    },
    { dependsOn: [...authority.ready] },
  );
}

/** Names under which pods of a headless service and a service in front of them are reached. */
export function storeDnsNames(
  namespace: string,
  services: readonly string[],
  headless: readonly string[],
): string[] {
  const forms = (host: string) => [`${host}.${namespace}.svc`, `${host}.${namespace}.svc.cluster.local`];
  return [
    ...services.flatMap((service) => [service, `${service}.${namespace}`, ...forms(service)]),
    ...headless.flatMap((service) => [`*.${service}.${namespace}`, ...forms(`*.${service}`)]),
  ];
}
