/**
 * The remote component `eks.Cluster` as its plugin makes it: the component and its children are registered with the
 * engine that asked for them. Taken from pulumi-eks v4.3.0, nodejs/eks/cluster/cluster.ts, for the arguments that
 * the project uses.
 */
import * as grpc from "@grpc/grpc-js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import monitorGrpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import monitorProto from "@pulumi/pulumi/proto/resource_pb.js";
import { plain, resolveOutputValues } from "../../../simulator/properties.ts";
import { type SimulationTable, simulate } from "../../../simulator/table.ts";
import { arn, hex, reference, simulatedAccountId, text } from "../../../simulator/values.ts";
import { type Bag, clientOptions, fromStruct, struct } from "./wire.ts";

/** What only children of remote components are. */
export const childTable: SimulationTable = {
  "aws:eks/cluster:Cluster": (request) => {
    const name = text(request, "name", `${request.name}-${hex(request.urn, 7)}`);
    return {
      id: name,
      outputs: { name, arn: arn(request, "eks", `cluster/${name}`), status: "ACTIVE" },
    };
  },
};

interface Registration {
  readonly type: string;
  readonly name: string;
  readonly parent: string;
  readonly custom: boolean;
  readonly provider?: string;
  readonly inputs?: Readonly<Bag>;
  readonly dependencies?: readonly string[];
}

interface Registered {
  readonly urn: string;
  readonly id: string;
  readonly outputs: Readonly<Bag>;
}

export interface ConstructContext {
  readonly table: SimulationTable;
  /** Region of a provider by its reference `<urn>::<id>`. */
  regionOf(provider: string): string;
}

/** Registers the component and all its children; the answer carries its outputs and what they depend on. */
export async function construct(
  request: providerProto.ConstructRequest,
  context: ConstructContext,
): Promise<providerProto.ConstructResponse> {
  if (request.getType() !== "eks:index:Cluster") {
    throw new Error(`no remote component ${request.getType()}: add it to tests/support/engine/construct.ts`);
  }
  const client = new monitorGrpc.ResourceMonitorClient(
    request.getMonitorendpoint(),
    grpc.credentials.createInsecure(),
    clientOptions,
  );
  try {
    return await constructCluster(request, client, context);
  } finally {
    client.close();
  }
}

async function constructCluster(
  request: providerProto.ConstructRequest,
  client: monitorGrpc.ResourceMonitorClient,
  context: ConstructContext,
): Promise<providerProto.ConstructResponse> {
  const name = request.getName();
  const inputs = plain(resolveOutputValues(fromStruct(request.getInputs()), new Set())) as Bag;
  const self = await registerSelf(request, client);
  const cluster = await registerChildren(self.urn, request, inputs, client);
  const provider = request.getProvidersMap().get("aws") ?? "";
  const { outputs } = simulate(context.table, {
    type: request.getType(),
    name,
    urn: self.urn,
    inputs,
    region: context.regionOf(provider),
    accountId: simulatedAccountId,
    stack: request.getStack(),
    project: request.getProject(),
  });
  const state: Bag = { ...outputs, eksCluster: reference(cluster.urn, cluster.id) };
  await registerOutputs(self.urn, state, client);
  const response = new providerProto.ConstructResponse();
  response.setUrn(self.urn);
  response.setState(struct(state));
  for (const [key, value] of Object.entries(state)) {
    // What is not made by the control plane is a constant of the component.
    if (value === "" || (Array.isArray(value) && value.length === 0)) continue;
    const dependencies = new providerProto.ConstructResponse.PropertyDependencies();
    dependencies.setUrnsList([cluster.urn]);
    response.getStatedependenciesMap().set(key, dependencies);
  }
  return response;
}

async function registerChildren(
  parent: string,
  request: providerProto.ConstructRequest,
  inputs: Readonly<Bag>,
  client: monitorGrpc.ResourceMonitorClient,
): Promise<Registered> {
  const name = request.getName();
  const provider = request.getProvidersMap().get("aws") ?? "";
  const add = (registration: Registration) => register(registration, request, client);
  const aws = (type: string, child: string, args: Bag, more: Partial<Registration> = {}) =>
    add({ type: `aws:${type}`, name: child, parent, custom: true, provider, inputs: args, ...more });
  const service = await add({
    type: "eks:index:ServiceRole",
    name: `${name}-eksRole`,
    parent,
    custom: false,
  });
  const role = await aws(
    "iam/role:Role",
    `${name}-eksRole-role`,
    { assumeRolePolicy: "{}", tags: inputs.tags },
    { parent: service.urn },
  );
  const policyArn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy";
  const attachment = await aws(
    "iam/rolePolicyAttachment:RolePolicyAttachment",
    `${name}-eksRole-${hex(policyArn, 8)}`,
    { policyArn, role: role.id },
    { parent: service.urn, dependencies: [role.urn] },
  );
  const cluster = await aws(
    "eks/cluster:Cluster",
    `${name}-eksCluster`,
    clusterInputs(inputs, role),
    // As the plugin does it: what the component depends on, and the role with its policies.
    { dependencies: [...request.getDependenciesList(), role.urn, attachment.urn] },
  );
  const dependencies = [cluster.urn];
  await add({
    type: "pulumi:providers:kubernetes",
    name: `${name}-eks-k8s`,
    parent,
    custom: true,
    inputs: { kubeconfig: "{}" },
    dependencies,
  });
  const addon = { clusterName: cluster.id, tags: inputs.tags };
  await aws(
    "eks/addon:Addon",
    `${name}-kube-proxy`,
    { ...addon, addonName: "kube-proxy", preserve: true },
    { dependencies },
  );
  const cni = await add({ type: "eks:index:VpcCniAddon", name: `${name}-vpc-cni`, parent, custom: false });
  await aws(
    "eks/addon:Addon",
    `${name}-vpc-cni`,
    { ...addon, addonName: "vpc-cni" },
    { parent: cni.urn, dependencies },
  );
  return cluster;
}

function clusterInputs(inputs: Readonly<Bag>, role: Registered): Bag {
  const keep = [
    "bootstrapSelfManagedAddons",
    "deletionProtection",
    "enabledClusterLogTypes",
    "name",
    "tags",
    "upgradePolicy",
    "version",
  ];
  return {
    ...Object.fromEntries(keep.map((key) => [key, inputs[key]])),
    accessConfig: { authenticationMode: inputs.authenticationMode },
    encryptionConfig: { provider: { keyArn: inputs.encryptionConfigKeyArn }, resources: ["secrets"] },
    roleArn: role.outputs.arn,
    vpcConfig: {
      endpointPrivateAccess: inputs.endpointPrivateAccess,
      endpointPublicAccess: inputs.endpointPublicAccess,
      publicAccessCidrs: inputs.publicAccessCidrs,
      subnetIds: inputs.privateSubnetIds,
    },
  };
}

/** The component itself, not remote: the engine would ask for it again, without end. */
function registerSelf(
  request: providerProto.ConstructRequest,
  client: monitorGrpc.ResourceMonitorClient,
): Promise<Registered> {
  const message = newMessage({
    type: request.getType(),
    name: request.getName(),
    parent: request.getParent(),
    custom: false,
    dependencies: request.getDependenciesList(),
  });
  message.setAliasesList(request.getAliasesList());
  if (request.getProtect()) message.setProtect(true);
  for (const [name, provider] of request.getProvidersMap().toArray()) {
    message.getProvidersMap().set(name, provider);
  }
  return send(message, client);
}

function register(
  registration: Registration,
  request: providerProto.ConstructRequest,
  client: monitorGrpc.ResourceMonitorClient,
): Promise<Registered> {
  const message = newMessage(registration);
  // Children inherit protection in the plugin's own SDK, not in the engine.
  if (request.getProtect()) message.setProtect(true);
  return send(message, client);
}

function newMessage(registration: Registration): monitorProto.RegisterResourceRequest {
  const message = new monitorProto.RegisterResourceRequest();
  message.setType(registration.type);
  message.setName(registration.name);
  message.setParent(registration.parent);
  message.setCustom(registration.custom);
  message.setProvider(registration.provider ?? "");
  message.setObject(struct(registration.inputs ?? {}));
  message.setDependenciesList([...(registration.dependencies ?? [])]);
  message.setAcceptsecrets(true);
  message.setAcceptresources(true);
  message.setSupportspartialvalues(true);
  message.setSupportsresultreporting(true);
  message.setAliasspecs(true);
  return message;
}

function send(
  message: monitorProto.RegisterResourceRequest,
  client: monitorGrpc.ResourceMonitorClient,
): Promise<Registered> {
  return new Promise((resolve, reject) => {
    client.registerResource(message, (error, response) =>
      error
        ? reject(error)
        : resolve({
            urn: response.getUrn(),
            id: response.getId(),
            outputs: fromStruct(response.getObject()),
          }),
    );
  });
}

function registerOutputs(
  urn: string,
  outputs: Bag,
  client: monitorGrpc.ResourceMonitorClient,
): Promise<void> {
  const message = new monitorProto.RegisterResourceOutputsRequest();
  message.setUrn(urn);
  message.setOutputs(struct(outputs));
  return new Promise((resolve, reject) => {
    client.registerResourceOutputs(message, (error) => (error ? reject(error) : resolve()));
  });
}
