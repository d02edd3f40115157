// Covers reading the project and its stack files: the same texts reach the program as from the engine.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readProject, stackConfig } from "../../../cli/project.ts";
import { UserError } from "../../../components/core/errors.ts";
import { fixture } from "../../support/cli.ts";

describe("readProject", () => {
  it("lists the stacks that have a file, without their deployment settings", () => {
    expect(readProject(fixture("small")).stacks).to.deep.equal(["dev", "production"]);
  });

  it("says what is missing in a folder without a project", () => {
    expect(() => readProject(fixture("."))).to.throw(
      UserError,
      "Pulumi.yaml: got no such file\n  allowed: a Pulumi project file in the project's folder\n  fix: run the command in the project's folder",
    );
  });
});

describe("stackConfig", () => {
  it("gives scalars as their text, objects as JSON, and keys with the project's name", () => {
    expect(stackConfig(readProject(fixture("small")), "production")).to.deep.equal({
      "pulumi:disable-default-providers": '["*"]',
      "small:cloud": "local",
      "small:count": "1.50",
      "small:yes": "true",
      "small:nested": '{"b":[1,2],"a":"x"}',
    });
  });

  it("refuses keys at the top that Pulumi would pass over in silence", () => {
    const folder = mkdtempSync(join(tmpdir(), "marketplace-project-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: keys\n");
      writeFileSync(join(folder, "Pulumi.dev.yaml"), "confg: {}\nextra: 1\n");
      expect(() => stackConfig(readProject(folder), "dev")).to.throw(
        UserError,
        "Pulumi.dev.yaml › confg: got a key that no stack file has\n" +
          "  allowed: config, encryptedkey, encryptionsalt, environment, secretsprovider\n" +
          "  fix: did you mean config?\n" +
          "Pulumi.dev.yaml › extra: got a key that no stack file has\n" +
          "  allowed: config, encryptedkey, encryptionsalt, environment, secretsprovider\n" +
          "  fix: remove it; settings stand below `config:`",
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses dates without quotes, which the engine hands on as something else", () => {
    const folder = mkdtempSync(join(tmpdir(), "marketplace-project-"));
    try {
      writeFileSync(join(folder, "Pulumi.yaml"), "name: dates\n");
      writeFileSync(
        join(folder, "Pulumi.dev.yaml"),
        'config:\n  until: { quoted: "2027-11-23", bare: 2027-11-23 }\n  version: 1.2-3\n',
      );
      expect(() => stackConfig(readProject(folder), "dev")).to.throw(
        UserError,
        'Pulumi.dev.yaml › dates:until: got 2027-11-23 without quotes, which Pulumi hands on as a point in time\n  allowed: text\n  fix: write "2027-11-23"',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses secrets, for the stack files hold none", () => {
    expect(() => stackConfig(readProject(fixture("faulty")), "secure")).to.throw(
      UserError,
      "Pulumi.secure.yaml › faulty:password: got an encrypted value (`secure:`)",
    );
  });
});
