import * as pulumi from "@pulumi/pulumi";
import type { RegistryOutputs, RegistrySpec } from "../contract.ts";
import type { LocalEnvironment } from "./environment.ts";

/** The registry of the stack file, with one folder a service; nothing is created, pushing makes the folders. */
export function createRegistry(spec: RegistrySpec, { target }: LocalEnvironment): RegistryOutputs {
  return {
    repositoryUrls: Object.fromEntries(
      spec.repositories.map((repository) => [repository, pulumi.output(`${target.registry}/${repository}`)]),
    ),
  };
}
