import type { KafkaOutputs } from "../contract.ts";
import { inClusterOnly } from "./in-cluster-only.ts";

/** Throws a `UserError`: a managed store needs a cloud that manages it. */
export function createKafka(): KafkaOutputs {
  throw inClusterOnly("kafka");
}
