/** AWS account, IAM and KMS. */
import type { Simulate, SimulationTable } from "../table.ts";
import { alphanumeric, arn, autoName, text, uuid } from "../values.ts";

const role: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  const path = text(request, "path", "/");
  return {
    id: name,
    outputs: {
      name,
      path,
      arn: arn(request, "iam", `role${path}${name}`, { region: "" }),
      uniqueId: `AROA${alphanumeric(request.urn, 17)}`,
      createDate: "2026-11-23T00:00:00Z",
    },
  };
};

const rolePolicy: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  return { id: `${text(request, "role", "role")}:${name}`, outputs: { name } };
};

const rolePolicyAttachment: Simulate = (request) => ({
  id: `${text(request, "role", "role")}/${text(request, "policyArn", "policy")}`,
  outputs: {},
});

const key: Simulate = (request) => {
  const keyId = uuid(request.urn);
  return { id: keyId, outputs: { keyId, arn: arn(request, "kms", `key/${keyId}`) } };
};

const alias: Simulate = (request) => {
  const name = text(request, "name", `alias/${autoName(request)}`);
  return {
    id: name,
    outputs: {
      name,
      arn: arn(request, "kms", name),
      targetKeyArn: arn(request, "kms", `key/${text(request, "targetKeyId", "")}`),
    },
  };
};

const callerIdentity: Simulate = (request) => ({
  id: request.accountId,
  outputs: {
    id: request.accountId,
    accountId: request.accountId,
    arn: arn(request, "sts", "assumed-role/deployer/pulumi", { region: "" }),
    userId: `AROA${alphanumeric("deployer", 17)}:pulumi`,
  },
});

export const identity: SimulationTable = {
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:kms/key:Key": key,
  "aws:kms/alias:Alias": alias,
  "aws:index/getCallerIdentity:getCallerIdentity": callerIdentity,
};
