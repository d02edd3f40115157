import { z } from "zod";
import { whole } from "./common.ts";

const inClusterBase = {
  mode: z.literal("in-cluster"),
  members: z
    .union([z.literal(1), z.literal(3)])
    .describe("Members of the store: 1, or 3 spread over the zones."),
  storageGiB: whole(1, 16000).describe("Volume of each member."),
  storageClass: z.enum(["ssd", "hdd"]).describe("hdd (st1) wants at least 125 GiB."),
};

export const postgres = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("managed"),
    instanceClass: z
      .string()
      .describe("Instance class, for example db.m6g.large. Changing it restarts the database."),
    storageGiB: whole(20, 65536),
    maxStorageGiB: whole(20, 65536).describe("How far storage grows by itself."),
    highlyAvailable: z.boolean().describe("A standby in another zone with automatic failover."),
    maxConnections: whole(50, 5000),
  }),
  z.strictObject({ ...inClusterBase, maxConnections: whole(50, 5000) }),
]);

export const redis = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("managed"),
    engine: z.enum(["redis", "valkey"]),
    nodeType: z.string(),
    replicas: whole(0, 5),
    snapshotRetentionDays: whole(0, 35),
  }),
  z.strictObject({ ...inClusterBase }),
]);

export const elasticsearch = z.strictObject({
  nodes: z.union([z.literal(1), z.literal(3)]),
  storageGiB: whole(1, 16000),
  storageClass: z.enum(["ssd", "hdd"]),
  memoryMiB: whole(1024, 65536).describe("Memory of each node; half of it is the heap."),
  cpuMillis: whole(100, 16000),
});

export const kafka = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.literal("managed"),
    brokerType: z.string().describe("Broker size, for example kafka.t3.small."),
    brokers: z.union([z.literal(3), z.literal(6)]),
    storageGiB: whole(1, 16384).describe("Volume of each broker."),
  }),
  z.strictObject({
    ...inClusterBase,
    coordination: z
      .enum(["kraft", "zookeeper"])
      .describe("kraft through Strimzi; zookeeper keeps Confluent 7.5, out of support since August 2026."),
  }),
]);

export const data = z.strictObject({ postgres, redis, elasticsearch });
export type DataConfig = z.infer<typeof data>;
export type KafkaConfig = z.infer<typeof kafka>;
