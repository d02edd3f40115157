/**
 * Rights of the two controllers that change AWS itself. Facts from their own documentation (cluster-autoscaler
 * cloudprovider/aws/README.md, aws-load-balancer-controller v3.5.0 docs/install/iam_policy.json, both 2026-08),
 * narrowed: to what this cluster's tags mark as its own, and for load balancers to network load balancers with
 * TCP listeners, the only ones the platform asks for.
 */
import * as pulumi from "@pulumi/pulumi";
import type { AwsEnvironment } from "./environment.ts";
import type { Statement } from "./policy.ts";

/** Scaling groups of managed node groups carry the cluster's discovery tag; EKS sets it. */
export function autoscalerStatements(clusterName: string): Statement[] {
  return [
    {
      // Describing knows no resource.
      Sid: "SeeGroupsAndInstanceTypes",
      Effect: "Allow",
      Action: [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
      ],
      Resource: "*",
    },
    {
      Sid: "ScaleOwnGroups",
      Effect: "Allow",
      Action: ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
      Resource: "*",
      Condition: {
        StringEquals: { [`aws:ResourceTag/k8s.io/cluster-autoscaler/${clusterName}`]: "owned" },
      },
    },
  ];
}

/** Labels and taints of node groups that stand at zero nodes. */
export function nodeGroupReaderStatement(clusterName: string, environment: AwsEnvironment): Statement {
  const { partition, region, accountId } = environment;
  return {
    Sid: "SeeNodeGroups",
    Effect: "Allow",
    Action: "eks:DescribeNodegroup",
    Resource: pulumi.interpolate`arn:${partition}:eks:${region}:${accountId}:nodegroup/${clusterName}/*`,
  };
}

/** The tag with which the controller marks what it makes, and by which it may touch it again. */
const ownerTag = "elbv2.k8s.aws/cluster";

export function loadBalancerControllerStatements(
  clusterName: string,
  vpcId: pulumi.Input<string>,
  environment: AwsEnvironment,
): Statement[] {
  const { partition, region, accountId } = environment;
  const inRegion = (service: string, resource: pulumi.Input<string>) =>
    pulumi.interpolate`arn:${partition}:${service}:${region}:${accountId}:${resource}`;
  const balancers = inRegion("elasticloadbalancing", "loadbalancer/net/*");
  const targetGroups = inRegion("elasticloadbalancing", "targetgroup/*");
  const listeners = inRegion("elasticloadbalancing", "listener/net/*");
  const securityGroups = inRegion("ec2", "security-group/*");
  const owned = { StringEquals: { [`aws:ResourceTag/${ownerTag}`]: clusterName } };
  const born = { StringEquals: { [`aws:RequestTag/${ownerTag}`]: clusterName } };
  return [
    {
      Sid: "ServiceLinkedRole",
      Effect: "Allow",
      Action: "iam:CreateServiceLinkedRole",
      Resource: pulumi.interpolate`arn:${partition}:iam::${accountId}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*`,
      Condition: { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } },
    },
    { Sid: "See", Effect: "Allow", Action: describeActions, Resource: "*" },
    {
      Sid: "CreateSecurityGroups",
      Effect: "Allow",
      Action: "ec2:CreateSecurityGroup",
      Resource: [securityGroups, inRegion("ec2", pulumi.interpolate`vpc/${vpcId}`)],
    },
    {
      Sid: "TagNewSecurityGroups",
      Effect: "Allow",
      Action: "ec2:CreateTags",
      Resource: securityGroups,
      Condition: {
        StringEquals: {
          "ec2:CreateAction": "CreateSecurityGroup",
          [`aws:RequestTag/${ownerTag}`]: clusterName,
        },
      },
    },
    {
      Sid: "TagOwnSecurityGroups",
      Effect: "Allow",
      Action: ["ec2:CreateTags", "ec2:DeleteTags"],
      Resource: securityGroups,
      Condition: { ...owned, Null: { [`aws:RequestTag/${ownerTag}`]: "true" } },
    },
    {
      Sid: "ChangeOwnSecurityGroups",
      Effect: "Allow",
      Action: [
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
      ],
      Resource: securityGroups,
      Condition: owned,
    },
    {
      // The group of the nodes' network interfaces, which EKS tags, must let the load balancer in.
      Sid: "LetLoadBalancersReachTheNodes",
      Effect: "Allow",
      Action: ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
      Resource: securityGroups,
      Condition: { StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${clusterName}`]: "owned" } },
    },
    {
      Sid: "CreateLoadBalancers",
      Effect: "Allow",
      Action: ["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:CreateTargetGroup"],
      Resource: [balancers, targetGroups],
      Condition: born,
    },
    {
      Sid: "TagNewLoadBalancers",
      Effect: "Allow",
      Action: "elasticloadbalancing:AddTags",
      Resource: [balancers, targetGroups],
      Condition: {
        StringEquals: {
          ...born.StringEquals,
          "elasticloadbalancing:CreateAction": ["CreateLoadBalancer", "CreateTargetGroup"],
        },
      },
    },
    {
      Sid: "TagOwnLoadBalancers",
      Effect: "Allow",
      Action: ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
      Resource: [balancers, targetGroups],
      Condition: { ...owned, Null: { [`aws:RequestTag/${ownerTag}`]: "true" } },
    },
    {
      Sid: "Listeners",
      Effect: "Allow",
      Action: [
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
      ],
      Resource: [balancers, listeners],
    },
    {
      Sid: "TagListeners",
      Effect: "Allow",
      Action: ["elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"],
      Resource: listeners,
    },
    {
      Sid: "ChangeOwnLoadBalancers",
      Effect: "Allow",
      Action: changeActions,
      Resource: [balancers, targetGroups],
      Condition: owned,
    },
  ];
}

const changeActions = [
  "elasticloadbalancing:DeleteLoadBalancer",
  "elasticloadbalancing:DeleteTargetGroup",
  "elasticloadbalancing:DeregisterTargets",
  "elasticloadbalancing:ModifyLoadBalancerAttributes",
  "elasticloadbalancing:ModifyTargetGroup",
  "elasticloadbalancing:ModifyTargetGroupAttributes",
  "elasticloadbalancing:RegisterTargets",
  "elasticloadbalancing:SetIpAddressType",
  "elasticloadbalancing:SetSecurityGroups",
  "elasticloadbalancing:SetSubnets",
];

const describeActions = [
  "ec2:DescribeAccountAttributes",
  "ec2:DescribeAddresses",
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeInstances",
  "ec2:DescribeInternetGateways",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeRouteTables",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeTags",
  "ec2:DescribeVpcs",
  "ec2:GetSecurityGroupsForVpc",
  "elasticloadbalancing:DescribeCapacityReservation",
  "elasticloadbalancing:DescribeListenerAttributes",
  "elasticloadbalancing:DescribeListeners",
  "elasticloadbalancing:DescribeLoadBalancerAttributes",
  "elasticloadbalancing:DescribeLoadBalancers",
  "elasticloadbalancing:DescribeTags",
  "elasticloadbalancing:DescribeTargetGroupAttributes",
  "elasticloadbalancing:DescribeTargetGroups",
  "elasticloadbalancing:DescribeTargetHealth",
];
