import { backup } from "./aws/backup.ts";
import { cluster } from "./aws/cluster.ts";
import { identity } from "./aws/identity.ts";
import { network } from "./aws/network.ts";
import { storage } from "./aws/storage.ts";
import { stores } from "./aws/stores.ts";
import { telemetry } from "./aws/telemetry.ts";
import { eks } from "./eks.ts";
import { kubernetes } from "./kubernetes.ts";
import { providers } from "./providers.ts";
import type { SimulationTable } from "./table.ts";

/** Every type and function that the simulator knows. Add an area of a provider here, one line each. */
export const table: SimulationTable = {
  ...providers,
  ...kubernetes,
  ...cluster,
  ...identity,
  ...network,
  ...storage,
  ...telemetry,
  ...stores,
  ...backup,
  ...eks,
};
