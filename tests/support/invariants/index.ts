import { encryptedStores } from "./encryption.ts";
import { noOpenIngress, noPublicServices, noPublicStores } from "./exposure.ts";
import { descent, explicitProvider, knownDependencies, noCycles } from "./graph.ts";
import type { Invariant } from "./invariant.ts";
import {
  definitionFirst,
  identityFirst,
  namespaceFirst,
  nodesFirst,
  servicesNotAwaited,
  volumesFirst,
} from "./kubernetes.ts";
import { nameLengths } from "./names.ts";
import { protectedData } from "./protection.ts";
import { noSecretInClear } from "./secrets.ts";
import { labels, tags } from "./tagging.ts";

/** Everything that must hold in every plan. */
export const invariants: readonly Invariant[] = [
  descent,
  explicitProvider,
  knownDependencies,
  noCycles,
  tags,
  labels,
  nameLengths,
  encryptedStores,
  noPublicStores,
  noOpenIngress,
  noPublicServices,
  noSecretInClear,
  namespaceFirst,
  definitionFirst,
  nodesFirst,
  volumesFirst,
  identityFirst,
  servicesNotAwaited,
  protectedData,
];
