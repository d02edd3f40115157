import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { tags } from "../../core/labels.ts";
import { fitName } from "../../core/naming.ts";
import type { RegistryOutputs, RegistrySpec } from "../contract.ts";

const component = "registry";
/** Days after which layers that no tag names any more are removed. */
const untaggedDays = 7;

/** One ECR repository a service, named `<project>/<stack>/<service>`. */
export function createRegistry(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RegistrySpec,
): RegistryOutputs {
  return {
    repositoryUrls: Object.fromEntries(
      spec.repositories.map((repository) => [
        repository,
        buildRepository(parent, `${name}-${repository}`, spec, repository).repositoryUrl,
      ]),
    ),
  };
}

function buildRepository(
  parent: pulumi.ComponentResource,
  name: string,
  spec: RegistrySpec,
  service: string,
): aws.ecr.Repository {
  const { context, encryption } = spec;
  const repository = new aws.ecr.Repository(
    name,
    {
      name: fitName(`${context.project}/${context.stack}/${service}`, 256),
      // A tag names one image for ever, so what was tested is what runs.
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: encryption.key }],
      // Images can be built again: outside protected stacks a full repository must not keep a stack from going.
      forceDelete: !context.protectData,
      tags: tags(context, component, name),
    },
    { parent, protect: context.protectData },
  );
  new aws.ecr.LifecyclePolicy(
    name,
    { repository: repository.name, policy: lifecyclePolicy(spec.keepImages) },
    { parent },
  );
  return repository;
}

function lifecyclePolicy(keepImages: number): string {
  const rule = (rulePriority: number, description: string, selection: object) => ({
    rulePriority,
    description,
    selection,
    action: { type: "expire" },
  });
  return JSON.stringify({
    rules: [
      rule(1, `Images without a tag go after ${untaggedDays} days`, {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: untaggedDays,
      }),
      rule(2, `The newest ${keepImages} images stay`, {
        tagStatus: "any",
        countType: "imageCountMoreThan",
        countNumber: keepImages,
      }),
    ],
  });
}
