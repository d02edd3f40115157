import type * as pulumi from "@pulumi/pulumi";
import type { IdentityOutputs, IdentitySpec } from "../contract.ts";
import type { AwsEnvironment } from "./environment.ts";
import { grantStatements } from "./grants.ts";
import { associatePodRole, createPodRole } from "./pod-role.ts";

/**
 * A workload's own identity through EKS Pod Identity: nothing is written on the ServiceAccount. A workload whose
 * grants ask nothing of AWS (its stores are all inside the cluster) gets no role.
 */
export function createIdentity(
  parent: pulumi.ComponentResource,
  name: string,
  spec: IdentitySpec,
  environment: AwsEnvironment,
): IdentityOutputs {
  const { context, encryption } = spec;
  const statements = grantStatements(spec.grants, { context, encryption, environment });
  if (statements.length === 0) return { serviceAccountAnnotations: {}, principal: undefined, ready: [] };
  const identityName = `${name}-identity`;
  const roleSpec = {
    context,
    component: "identity",
    clusterName: spec.cluster.name,
    namespace: spec.namespace,
    serviceAccount: spec.serviceAccount,
    statements,
  };
  const podRole = createPodRole(parent, identityName, roleSpec, environment);
  const association = associatePodRole(parent, identityName, roleSpec, podRole);
  return { serviceAccountAnnotations: {}, principal: podRole.role.arn, ready: [association] };
}
