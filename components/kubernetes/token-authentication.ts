import type * as pulumi from "@pulumi/pulumi";
import type { TokenIssuer } from "../../config/settings-types.ts";
import type { PlatformContext } from "../core/context.ts";
import { selector } from "../core/labels.ts";
import { createCustomResource } from "./custom-resource.ts";
import { type ServicePart, serviceComponent } from "./service-names.ts";

export interface IssuerEntrySpec {
  readonly context: PlatformContext;
  readonly tokens: TokenIssuer;
  /** `metadata.name` of the services' namespace. */
  readonly namespace: pulumi.Output<string>;
  /** The mesh's kinds and control plane. */
  readonly ready: readonly pulumi.Resource[];
}

/** Host from which the issuer's keys come. */
export function keysHost({ jwksUrl }: TokenIssuer): string {
  return new URL(jwksUrl).hostname;
}

/** Makes the issuer's host known to the services' sidecars, which let no unknown host through. */
export function createIssuerEntry(
  parent: pulumi.ComponentResource,
  name: string,
  { context, tokens, namespace, ready }: IssuerEntrySpec,
): void {
  createCustomResource(
    parent,
    `${name}-token-issuer`,
    {
      context,
      component: "mesh",
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      objectName: "token-issuer",
      namespace,
      spec: {
        hosts: [keysHost(tokens)],
        location: "MESH_EXTERNAL",
        // The service speaks TLS itself; its sidecar passes what asks for this name, whatever address it resolves to.
        ports: [{ number: 443, name: "tls", protocol: "TLS" }],
        resolution: "DNS",
        exportTo: ["."],
      },
    },
    { dependsOn: [...ready] },
  );
}

/**
 * Refuses a request with a wrong access token before the service sees it; without a token it passes, and the service
 * answers. At the gateway it would judge every path alike, and take API keys, which are Bearer tokens as well, for
 * broken ones (ADR 27): so it stands before each service whose callers bring access tokens, and before no other.
 */
export function createTokenAuthentication(
  parent: pulumi.ComponentResource,
  name: string,
  spec: ServicePart & { readonly tokens: TokenIssuer; readonly ready: readonly pulumi.Resource[] },
): pulumi.Resource[] {
  const { context, service, namespace, tokens } = spec;
  if (service.credential !== "access-token") return [];
  return [
    createCustomResource(
      parent,
      `${name}-tokens`,
      {
        context,
        component: serviceComponent,
        apiVersion: "security.istio.io/v1",
        kind: "RequestAuthentication",
        objectName: service.name,
        namespace,
        spec: {
          selector: { matchLabels: selector(service.name) },
          jwtRules: [
            {
              issuer: tokens.issuer,
              audiences: [tokens.audience],
              jwksUri: tokens.jwksUrl,
              // Istio's default also reads the query, where tokens end up in logs.
              fromHeaders: [{ name: "Authorization", prefix: "Bearer " }],
              // The service reads the claims, and admin calls publishing with the caller's own token.
              forwardOriginalToken: true,
            },
          ],
        },
      },
      { dependsOn: [...spec.ready] },
    ),
  ];
}
