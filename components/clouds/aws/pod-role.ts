import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PlatformContext } from "../../core/context.ts";
import { tags } from "../../core/labels.ts";
import type { AwsEnvironment } from "./environment.ts";
import { policyDocument, type Statement } from "./policy.ts";

export interface PodRoleSpec {
  readonly context: PlatformContext;
  readonly component: string;
  readonly clusterName: pulumi.Input<string>;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Rights, as one inline policy. */
  readonly statements: readonly Statement[];
  /** Policies that AWS keeps for its own add-ons, by their path under `policy/`. */
  readonly managedPolicies?: readonly string[];
}

export interface PodRole {
  readonly role: aws.iam.Role;
  /** The role's rights: complete before a pod starts with it. */
  readonly rights: readonly pulumi.CustomResource[];
}

/** A role that pods of one ServiceAccount in one cluster may take, and nobody else. */
export function createPodRole(
  parent: pulumi.ComponentResource,
  name: string,
  spec: PodRoleSpec,
  environment: AwsEnvironment,
): PodRole {
  const role = new aws.iam.Role(
    name,
    {
      description: `Pods of ${spec.namespace}/${spec.serviceAccount}`,
      assumeRolePolicy: podTrust(spec, environment),
      tags: tags(spec.context, spec.component, name),
    },
    { parent },
  );
  const managed = (spec.managedPolicies ?? []).map(
    (policy) =>
      new aws.iam.RolePolicyAttachment(
        `${name}-${policy.split("/").at(-1)}`,
        { role: role.name, policyArn: `arn:${environment.partition}:iam::aws:policy/${policy}` },
        { parent },
      ),
  );
  const inline =
    spec.statements.length === 0
      ? []
      : [
          new aws.iam.RolePolicy(
            name,
            { role: role.name, policy: policyDocument(spec.statements) },
            { parent },
          ),
        ];
  return { role, rights: [...managed, ...inline] };
}

/** Binds the role to its ServiceAccount. Pods get it when they start, so make them depend on this. */
export function associatePodRole(
  parent: pulumi.ComponentResource,
  name: string,
  spec: PodRoleSpec,
  { role, rights }: PodRole,
): aws.eks.PodIdentityAssociation {
  return new aws.eks.PodIdentityAssociation(
    name,
    {
      clusterName: spec.clusterName,
      namespace: spec.namespace,
      serviceAccount: spec.serviceAccount,
      roleArn: role.arn,
      tags: tags(spec.context, spec.component, name),
    },
    { parent, dependsOn: [...rights] },
  );
}

/**
 * EKS passes cluster, namespace and ServiceAccount as session tags; without these conditions any association of the
 * account could hand the role to other pods (EKS user guide, "Create IAM role with trust policy required by EKS Pod
 * Identity", 2026-08).
 */
function podTrust(spec: PodRoleSpec, environment: AwsEnvironment): pulumi.Output<string> {
  return policyDocument([
    {
      Sid: "PodsOfOneServiceAccount",
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:SourceAccount": environment.accountId,
          "aws:RequestTag/eks-cluster-name": spec.clusterName,
          "aws:RequestTag/kubernetes-namespace": spec.namespace,
          "aws:RequestTag/kubernetes-service-account": spec.serviceAccount,
        },
      },
    },
  ]);
}
