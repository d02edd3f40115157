// Covers `marketplace plan` as a process: what it prints and writes, its exit codes, and how it tells errors.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixture, marketplace } from "../support/cli.ts";

const secretMark = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value: "[secret]",
};

describe("marketplace plan", () => {
  let out: string;
  beforeEach(() => {
    out = mkdtempSync(join(tmpdir(), "marketplace-plan-"));
  });
  afterEach(() => rmSync(out, { recursive: true, force: true }));

  const plan = (project: string, ...args: string[]) =>
    marketplace(["--project", fixture(project), "plan", ...args, "--out", out]);

  it("prints the component tree with counts and says where the files are", async () => {
    const { code, stdout, stderr } = await plan("small", "dev");
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    expect(stdout).to.equal(`Planning small, stack dev (local), on the simulator

     Type                                             Name               Plan
 +   pulumi:pulumi:Stack                              small-dev          create
 +   ├─ llm-marketplace:store:Store                   store              create
 +   │  ├─ kubernetes:cert-manager.io/v1:Certificate  store-certificate  create
 +   │  ├─ kubernetes:core/v1:Namespace               store-namespace    create
 +   │  ├─ kubernetes:core/v1:Secret                  store-secret       create
 +   │  └─ kubernetes:helm.sh/v3:Release              store-operator     create
 +   └─ pulumi:providers:kubernetes                   kubernetes         create

Resources:
    + 7 to create
      components: 1
      providers: 1
      Kubernetes objects: 3
      Helm releases: 1

dev: 7 resources, written to ${out}/dev/plan.json and ${out}/dev/manifests/
`);
  });

  it("plans dev when no stack is named", async () => {
    const { code, stdout } = await plan("small", "--quiet");
    expect(code).to.equal(0);
    expect(stdout).to.match(/^dev: 7 resources/);
  });

  it("writes plan.json with the documented members only", async () => {
    await plan("small", "dev");
    const document = JSON.parse(readFileSync(join(out, "dev", "plan.json"), "utf8"));
    expect(Object.keys(document)).to.deep.equal(["stack", "cloud", "resources", "outputs"]);
    expect(document.cloud).to.equal("local");
    const members = ["urn", "type", "name", "custom", "parent", "provider", "dependencies"];
    members.push("propertyDependencies", "protect", "inputs", "outputs");
    for (const resource of document.resources) expect(Object.keys(resource)).to.deep.equal(members);
    const secret = document.resources.find((resource: { name: string }) => resource.name === "store-secret");
    expect(secret.protect).to.equal(true);
    expect(secret.dependencies).to.deep.equal([
      "urn:pulumi:dev::small::llm-marketplace:store:Store$kubernetes:core/v1:Namespace::store-namespace",
    ]);
    expect(document.outputs).to.deep.equal({ plain: "value", token: secretMark });
  });

  it("writes no secret in clear anywhere", async () => {
    const { stdout } = await plan("small", "dev", "--json");
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const texts = files.map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    for (const text of [stdout, ...texts]) expect(text).not.to.match(/hunter2|in-clear/);
    expect(files).to.have.length(5);
  });

  it("writes manifests in an order in which they can be applied", async () => {
    await plan("small", "dev");
    expect(readdirSync(join(out, "dev", "manifests")).sort()).to.deep.equal([
      "001-namespace-zz-store.yaml",
      "002-release-zz-store-operator.yaml",
      "003-certificate-zz-store-aa-certificate.yaml",
      "004-secret-zz-store-login.yaml",
    ]);
    expect(
      readFileSync(join(out, "dev", "manifests", "002-release-zz-store-operator.yaml"), "utf8"),
    ).to.equal(
      "release: operator\nnamespace: zz-store\nchart: cert-manager\nversion: v1.21.2\n" +
        "repository: https://charts.jetstack.io\nvalues:\n  crds:\n    enabled: true\n",
    );
    expect(readFileSync(join(out, "dev", "manifests", "004-secret-zz-store-login.yaml"), "utf8")).to.equal(
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\n  namespace: zz-store\nstringData:\n  password: "[secret]"\n',
    );
  });

  it("writes the same bytes on every run", async () => {
    await plan("small", "dev");
    const first = readFileSync(join(out, "dev", "plan.json"), "utf8");
    await plan("small", "dev");
    expect(readFileSync(join(out, "dev", "plan.json"), "utf8")).to.equal(first);
  });

  it("removes the files of an earlier run, also when it fails", async () => {
    for (const stack of ["good", "internal"]) {
      mkdirSync(join(out, stack, "manifests"), { recursive: true });
      writeFileSync(join(out, stack, "manifests", "099-old.yaml"), "old");
    }
    await plan("faulty", "good");
    await plan("faulty", "internal");
    expect(existsSync(join(out, "good", "manifests", "099-old.yaml"))).to.equal(false);
    expect(readdirSync(out)).to.deep.equal(["good"]);
  });

  it("prints JSON alone with --json, for one stack and for all", async () => {
    const one = await plan("small", "dev", "--json");
    expect(JSON.parse(one.stdout).stack).to.equal("dev");
    const all = await plan("small", "all", "--json");
    expect(JSON.parse(all.stdout).map((document: { stack: string }) => document.stack)).to.deep.equal([
      "dev",
      "production",
    ]);
  });

  it("plans all stacks in the order of their names", async () => {
    const { code, stdout } = await plan("small", "all", "--quiet");
    expect(code).to.equal(0);
    expect(stdout.split("\n").map((line) => line.split(":")[0])).to.deep.equal(["dev", "production", ""]);
  });

  it("ends with the worst code of all stacks", async () => {
    const { code, stdout, stderr } = await plan("faulty", "all", "--quiet");
    expect(code).to.equal(3);
    expect(stdout).to.match(/^good: 7 resources/);
    expect(stderr).to.match(/^input: error: small\.a: got 1$/m);
  });

  const inputs: readonly [title: string, args: readonly string[], text: string][] = [
    [
      "a problem in the configuration",
      ["faulty", "input"],
      "error: small.a: got 1\n  allowed: 2\n  fix: write 2\n",
    ],
    [
      "several problems together",
      ["faulty", "two-inputs"],
      "error: 2 problems\n\nsmall.a: got 1\n  allowed: 2\n  fix: write 2\nsmall.b: got 1\n  allowed: 2\n  fix: write 2\n",
    ],
    [
      "a stack that is not there",
      ["small", "nope"],
      'error: stack: got "nope"\n  allowed: dev, production\n  fix: name one of these stacks, or write Pulumi.nope.yaml\n',
    ],
    [
      "a secret in the stack file",
      ["faulty", "secure"],
      "error: Pulumi.secure.yaml › faulty:password: got an encrypted value (`secure:`)\n  allowed: no secrets: they live in the cloud's secret store\n  fix: remove the key and put the secret into the secret store (docs/guide)\n",
    ],
    [
      "a key twice in the stack file",
      ["faulty", "broken"],
      "error: Pulumi.broken.yaml: got Map keys must be unique at line 3, column 3:\n  allowed: well-formed YAML, each key once\n  fix: correct line 3, column 3\n",
    ],
    [
      "a type that the simulator does not know",
      ["faulty", "unknown-type"],
      "error: urn:pulumi:unknown-type::faulty::kubernetes:example.org/v1:Other::other: got resource type kubernetes:example.org/v1:Other, unknown to the simulator\n  allowed: types and functions listed in simulator/\n  fix: add what the provider computes for kubernetes:example.org/v1:Other to simulator/kubernetes.ts\n",
    ],
  ];
  for (const [title, [project, stack], text] of inputs) {
    it(`tells ${title} without a stack trace and ends with 1`, async () => {
      const { code, stdout, stderr } = await plan(project as string, stack as string);
      expect(stderr).to.equal(text);
      expect(stdout).to.equal("");
      expect(code).to.equal(1);
    });
  }

  const faults: readonly [title: string, stack: string, first: string][] = [
    ["a fault of the program", "internal", "internal error: something of ours broke"],
    ["an error inside apply", "apply", "internal error: broken inside apply"],
    [
      "a value that never comes",
      "hang",
      "internal error: never registered, because a value never came: waits [kubernetes:core/v1:ConfigMap] waits for inputs (data)",
    ],
  ];
  for (const [title, stack, first] of faults) {
    it(`reports ${title} with its stack trace and ends with 3`, async () => {
      const { code, stderr } = await plan("faulty", stack);
      expect(stderr.split("\n").slice(0, 2)).to.deep.equal([
        first,
        "This is a fault of the project, not of your input. Please report the command, the stack file and these lines:",
      ]);
      expect(stderr).to.match(/^ {4}at /m);
      expect(code).to.equal(3);
    });
  }
});
