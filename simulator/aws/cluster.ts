/** EKS's parts outside `eks.Cluster`: node groups with their scaling groups, add-ons, pod identities. */
import type { Simulate, SimulationTable } from "../table.ts";
import { arn, autoName, hex, text, uuid } from "../values.ts";

const launchTemplate: Simulate = (request) => {
  const id = `lt-${hex(request.urn, 17)}`;
  return {
    id,
    outputs: {
      name: text(request, "name", autoName(request)),
      arn: arn(request, "ec2", `launch-template/${id}`),
      defaultVersion: 1,
      latestVersion: 1,
    },
  };
};

/** A node group; the scaling group that EKS makes for it carries both names and an id. */
const nodeGroup: Simulate = (request) => {
  const cluster = text(request, "clusterName", "cluster");
  const nodeGroupName = text(request, "nodeGroupName", autoName(request));
  const suffix = uuid(request.urn);
  return {
    id: `${cluster}:${nodeGroupName}`,
    outputs: {
      nodeGroupName,
      arn: arn(request, "eks", `nodegroup/${cluster}/${nodeGroupName}/${suffix}`),
      releaseVersion: `${text(request, "version", "1.0")}.1-20261110`,
      status: "ACTIVE",
      resources: [
        {
          autoscalingGroups: [{ name: `eks-${nodeGroupName}-${suffix}` }],
          remoteAccessSecurityGroupId: "",
        },
      ],
    },
  };
};

const addon: Simulate = (request) => {
  const cluster = text(request, "clusterName", "cluster");
  const name = text(request, "addonName", "addon");
  return {
    id: `${cluster}:${name}`,
    outputs: {
      arn: arn(request, "eks", `addon/${cluster}/${name}/${uuid(request.urn)}`),
      addonVersion: text(request, "addonVersion", "v1.0.0-eksbuild.1"),
      createdAt: "2026-11-23T00:00:00Z",
      modifiedAt: "2026-11-23T00:00:00Z",
    },
  };
};

/** EKS's default version of an add-on for a Kubernetes minor. */
const addonVersion: Simulate = (request) => ({
  id: text(request, "addonName", "addon"),
  outputs: {
    ...request.inputs,
    id: text(request, "addonName", "addon"),
    mostRecent: request.inputs.mostRecent ?? false,
    version: `v${text(request, "kubernetesVersion", "1.0")}.0-eksbuild.1`,
  },
});

const podIdentityAssociation: Simulate = (request) => {
  const cluster = text(request, "clusterName", "cluster");
  const associationId = `a-${hex(request.urn, 17)}`;
  return {
    id: associationId,
    outputs: {
      associationId,
      associationArn: arn(request, "eks", `podidentityassociation/${cluster}/${associationId}`),
    },
  };
};

const autoscalingTag: Simulate = (request) => {
  const tag = request.inputs.tag as { readonly key?: string } | undefined;
  return { id: `${text(request, "autoscalingGroupName", "group")},${tag?.key ?? ""}`, outputs: {} };
};

export const cluster: SimulationTable = {
  "aws:ec2/launchTemplate:LaunchTemplate": launchTemplate,
  "aws:eks/nodeGroup:NodeGroup": nodeGroup,
  "aws:eks/addon:Addon": addon,
  "aws:eks/getAddonVersion:getAddonVersion": addonVersion,
  "aws:eks/podIdentityAssociation:PodIdentityAssociation": podIdentityAssociation,
  "aws:autoscaling/tag:Tag": autoscalingTag,
};
