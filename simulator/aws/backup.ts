/** AWS Backup. */
import type { Simulate, SimulationTable } from "../table.ts";
import { alphanumeric, arn, autoName, hex, text, uuid } from "../values.ts";

const vault: Simulate = (request) => {
  const name = text(request, "name", autoName(request));
  return {
    id: name,
    outputs: { name, arn: arn(request, "backup", `backup-vault:${name}`), recoveryPoints: 0 },
  };
};

const plan: Simulate = (request) => {
  const id = uuid(request.urn);
  return {
    id,
    outputs: {
      name: text(request, "name", autoName(request)),
      arn: arn(request, "backup", `backup-plan:${id}`),
      version: `${alphanumeric(request.urn, 22)}${hex(request.urn, 26)}`,
    },
  };
};

const selection: Simulate = (request) => ({ id: uuid(request.urn), outputs: {} });

export const backup: SimulationTable = {
  "aws:backup/plan:Plan": plan,
  "aws:backup/selection:Selection": selection,
  "aws:backup/vault:Vault": vault,
};
