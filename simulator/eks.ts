/**
 * `eks.Cluster`, a component that lives in its own plugin. Its children (the control plane, its role, the
 * kube-proxy and VPC CNI add-ons) exist only there. Its plain outputs are answered here, its references to children
 * are not: what depended on one would depend on a resource that no plan has. Taken from pulumi-eks v4.3.0,
 * nodejs/eks/cluster/cluster.ts.
 */
import type { Simulate, SimulationTable } from "./table.ts";
import { hex, text } from "./values.ts";

const cluster: Simulate = (request) => {
  const name = text(request, "name", `${request.name}-eksCluster-${hex(request.urn, 7)}`);
  const endpoint = `https://${hex(request.urn, 32).toUpperCase()}.gr7.${request.region}.eks.amazonaws.com`;
  const issuer = `oidc.eks.${request.region}.amazonaws.com/id/${hex(request.urn, 32).toUpperCase()}`;
  const certificateAuthority = { data: Buffer.from(`simulated authority of ${name}`).toString("base64") };
  // Without groups of its own the cluster runs on the one that EKS makes.
  const securityGroupId = `sg-${hex(`${request.urn}#cluster`, 17)}`;
  const kubeconfig = kubeconfigOf(name, request.region, endpoint, certificateAuthority.data);
  return {
    id: "",
    outputs: {
      kubeconfig,
      kubeconfigJson: JSON.stringify(kubeconfig),
      clusterSecurityGroupId: securityGroupId,
      nodeSecurityGroupId: securityGroupId,
      clusterIngressRuleId: "",
      defaultNodeGroupAsgName: "",
      fargateProfileId: "",
      fargateProfileStatus: "",
      instanceRoles: [],
      oidcProviderArn: "",
      oidcProviderUrl: `https://${issuer}`,
      oidcIssuer: issuer,
      autoModeNodeRoleName: "",
    },
  };
};

/** The kubeconfig the component writes: a token from the AWS CLI at every call, nothing secret in the file. */
function kubeconfigOf(name: string, region: string, server: string, certificateAuthorityData: string) {
  return {
    apiVersion: "v1",
    clusters: [
      { cluster: { server, "certificate-authority-data": certificateAuthorityData }, name: "kubernetes" },
    ],
    contexts: [{ context: { cluster: "kubernetes", user: "aws" }, name: "aws" }],
    "current-context": "aws",
    kind: "Config",
    users: [
      {
        name: "aws",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "aws",
            args: ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
            env: [
              {
                name: "KUBERNETES_EXEC_INFO",
                value: '{"apiVersion": "client.authentication.k8s.io/v1beta1"}',
              },
            ],
          },
        },
      },
    ],
  };
}

export const eks: SimulationTable = {
  "eks:index:Cluster": cluster,
};
