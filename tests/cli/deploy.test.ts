// Covers `marketplace preview` and `up` with executables of our own on PATH in place of pulumi, npx and aws: what
// is missing is named in one sentence, and what is there is called with the right arguments.
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixture, marketplace } from "../support/cli.ts";

/** A `pulumi` that is logged in and knows the stacks; it prints the arguments of what is not a check. */
const pulumi = `case "$1" in
  version) echo v3.270.0 ;;
  whoami) echo someone ;;
  stack) echo '[{"name":"organization/deployable/production"},{"name":"local"}]' ;;
  *) echo "pulumi called: $*" ;;
esac`;

/** An \`aws\` with credentials and a key. */
const aws = `case "$1" in
  sts) echo '{"Account":"123456789012"}' ;;
  kms) echo '{"KeyMetadata":{}}' ;;
esac`;

describe("marketplace preview and up", () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "marketplace-bin-"));
    // What a POSIX shell script needs, and Node itself; nothing else is on PATH.
    for (const tool of ["sh", "dirname", "cat", "readlink", "sleep"])
      symlinkSync(`/bin/${tool}`, join(bin, tool));
    symlinkSync(process.execPath, join(bin, "node"));
  });
  afterEach(() => rmSync(bin, { recursive: true, force: true }));

  const fake = (name: string, body: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const run = (
    verb: string,
    stack: string,
    extra: readonly string[] = [],
    environment: NodeJS.ProcessEnv = {},
  ) =>
    marketplace(["--project", fixture("deployable"), verb, stack, ...extra], {
      environment: { PATH: bin, MARKETPLACE_CHECK_TIMEOUT_SECONDS: "5", ...environment },
    });
  it("runs pulumi on PATH with the stack and the further arguments", async () => {
    fake("pulumi", pulumi);
    fake("aws", aws);
    const { code, stdout, stderr } = await run("up", "production", ["--", "--diff", "--yes"]);
    expect(stderr).to.equal("");
    expect(stdout).to.equal("pulumi called: up --stack production --diff --yes\n");
    expect(code).to.equal(0);
  });

  it("needs no AWS CLI for a stack that is not on AWS", async () => {
    fake("pulumi", pulumi);
    const { code, stdout } = await run("preview", "local");
    expect(stdout).to.equal("pulumi called: preview --stack local\n");
    expect(code).to.equal(0);
  });

  it("ends with 1 when pulumi fails", async () => {
    fake("pulumi", pulumi.replace('echo "pulumi called: $*"', "exit 255"));
    expect((await run("preview", "local")).code).to.equal(1);
  });

  it("takes the npm package at its pinned version where pulumi is not on PATH", async () => {
    fake("npx", `[ "$1 $2" = "--yes pulumi@3.265.0" ] || exit 9\nshift 2\n${pulumi}`);
    const { code, stdout, stderr } = await run("preview", "local");
    expect(stderr).to.equal("");
    expect(stdout).to.equal("pulumi called: preview --stack local\n");
    expect(code).to.equal(0);
  });

  it("takes the version that PULUMI_VERSION names", async () => {
    fake("npx", `[ "$2" = "pulumi@3.271.0" ] || exit 9\nshift 2\n${pulumi}`);
    expect((await run("preview", "local", [], { PULUMI_VERSION: "3.271.0" })).code).to.equal(0);
  });

  const missing: readonly [title: string, tools: Record<string, string>, got: string, fix: string][] = [
    [
      "no Pulumi CLI and no npx",
      { aws },
      "no Pulumi CLI: neither `pulumi` nor `npx` is on PATH",
      "install the Pulumi CLI (https://www.pulumi.com/docs/install)",
    ],
    [
      "no Pulumi CLI and no network",
      { aws, npx: "echo 'npm error network request failed' >&2; exit 1" },
      "no Pulumi CLI on PATH, and it could not be downloaded: npm error network request failed",
      "install the Pulumi CLI (https://www.pulumi.com/docs/install), or connect to the network for its download",
    ],
    [
      "no AWS CLI",
      { pulumi },
      "no AWS CLI: `aws` is not on PATH, and the EKS plugin uses it to reach the cluster",
      "install the AWS CLI version 2",
    ],
    [
      "no credentials",
      { pulumi, aws: "echo 'Unable to locate credentials' >&2; exit 255" },
      "no usable AWS credentials: Unable to locate credentials",
      "log in (`aws sso login`, or AWS_PROFILE or access keys in the environment) and check with `aws sts get-caller-identity`",
    ],
    [
      "a credential check that never answers",
      { pulumi, aws: "sleep 60" },
      "no usable AWS credentials: it did not answer in time",
      "log in (`aws sso login`, or AWS_PROFILE or access keys in the environment) and check with `aws sts get-caller-identity`",
    ],
    [
      "no login to a backend",
      {
        aws,
        pulumi: `[ "$1" = version ] || { echo 'error: PULUMI_ACCESS_TOKEN must be set' >&2; exit 255; }`,
      },
      "no login to a Pulumi backend: error: PULUMI_ACCESS_TOKEN must be set",
      "log in with `pulumi login` (s3://<bucket> for a backend of your own)",
    ],
    [
      "a stack that was never initialised",
      {
        aws,
        pulumi: pulumi.replace("organization/deployable/production", "organization/deployable/staging"),
      },
      "no stack production in the Pulumi backend",
      "create it once with `pulumi stack init production` (the docs say which secrets provider)",
    ],
    [
      "a key service out of reach",
      {
        pulumi,
        aws: aws.replace(
          `kms) echo '{"KeyMetadata":{}}'`,
          "kms) echo 'Could not connect to kms' >&2; exit 255",
        ),
      },
      "no answer from the key service for alias/llm-marketplace: Could not connect to kms",
      "check the network, and that you may use the key that Pulumi.production.yaml names as `secretsprovider`",
    ],
  ];
  for (const [title, tools, got, fix] of missing) {
    it(`names ${title} in one sentence`, async () => {
      for (const [name, body] of Object.entries(tools)) fake(name, body);
      const slow = title.includes("never answers") ? { MARKETPLACE_CHECK_TIMEOUT_SECONDS: "1" } : {};
      const { code, stdout, stderr } = await run("preview", "production", [], slow);
      expect(stderr).to.equal(
        `error: cannot preview production: ${got}; ${fix} (\`make plan STACK=production\` works without it).\n`,
      );
      expect(stdout).to.equal("");
      expect(code).to.equal(1);
    });
  }
});
