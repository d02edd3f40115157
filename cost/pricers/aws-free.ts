import { alwaysFree, type Pricer } from "./rule.ts";

/** What AWS gives for nothing, with the reason. Everything that is in no list is reported as unpriced. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  "identity and access management is free": [
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/instanceProfile:InstanceProfile",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation",
    "aws:eks/accessEntry:AccessEntry",
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
  ],
  "part of the network, which is free but for traffic, addresses and gateways": [
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    "aws:ec2/internetGateway:InternetGateway",
    "aws:ec2/route:Route",
    "aws:ec2/routeTable:RouteTable",
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/subnet:Subnet",
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  ],
  "a template; its nodes and their volumes are priced on the node group": [
    "aws:ec2/launchTemplate:LaunchTemplate",
  ],
  "add-ons of EKS are free; their pods run on the nodes": ["aws:eks/addon:Addon"],
  "a setting of a store that is priced itself": [
    "aws:backup/vaultPolicy:VaultPolicy",
    "aws:ecr/lifecyclePolicy:LifecyclePolicy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy",
    "aws:elasticache/parameterGroup:ParameterGroup",
    "aws:elasticache/subnetGroup:SubnetGroup",
    "aws:elasticache/user:User",
    "aws:elasticache/userGroup:UserGroup",
    "aws:msk/configuration:Configuration",
    "aws:msk/topic:Topic",
    "aws:rds/parameterGroup:ParameterGroup",
    "aws:rds/subnetGroup:SubnetGroup",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketVersioning:BucketVersioning",
    "aws:kms/alias:Alias",
    "aws:kms/keyPolicy:KeyPolicy",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
  ],
  "plans of AWS Backup are free; snapshots of RDS count as backup storage of the database": [
    "aws:backup/plan:Plan",
    "aws:backup/selection:Selection",
  ],
  "switches where spans are stored; they are priced on the collector that sends them": [
    "aws:xray/traceSegmentDestination:TraceSegmentDestination",
  ],
  "a tag": ["aws:autoscaling/tag:Tag", "aws:ec2/tag:Tag"],
  "queries to load balancers' aliases are free": ["aws:route53/record:Record"],
};

export const awsFree: Readonly<Record<string, Pricer>> = Object.fromEntries(
  Object.entries(reasons).flatMap(([reason, types]) => types.map((type) => [type, alwaysFree(reason)])),
);
