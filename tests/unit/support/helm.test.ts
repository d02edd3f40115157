import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { renderRelease } from "../../support/helm.ts";

describe("the rendering of Helm releases", () => {
  const path = process.env.PATH;
  let folder: string;
  const release = (repository: string) => ({
    release: "shop",
    namespace: "market",
    chart: "shop",
    version: "1.0.0",
    repository,
    values: { name: "cart" },
  });
  const helm = (script: string) => {
    writeFileSync(join(folder, "helm"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "helm"), 0o755);
    process.env.PATH = `${folder}${delimiter}${path}`;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "helm-"));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  it("gives the objects that the chart makes of the values", async () => {
    helm(`printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata:\\n  given: |\\n    '; cat`);
    const objects = await renderRelease(release("https://one.example"));
    expect(objects).to.deep.equal([
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "a" },
        data: { given: '{"name":"cart"}\n' },
      },
    ]);
  });

  it("leave a release out where its repository does not answer, and ask no second time", async () => {
    helm(`cat >/dev/null; echo 'Error: Get "https://two.example": no such host' >&2; exit 1`);
    const leftOut = { leftOut: "its chart cannot be reached" };
    expect(await renderRelease(release("https://two.example"))).to.deep.equal(leftOut);
    helm("exit 3");
    expect(await renderRelease(release("https://two.example"))).to.deep.equal(leftOut);
  });

  it("fail where the chart does not take the values", async () => {
    helm("cat >/dev/null; echo 'Error: values do not meet the schema: name is no name' >&2; exit 1");
    let message = "";
    await renderRelease(release("https://three.example")).catch((error) => {
      message = error.message;
    });
    expect(message).to.contain("name is no name");
  });

  it("say that helm is missing where it is", async () => {
    process.env.PATH = folder;
    expect(await renderRelease(release("https://four.example"))).to.deep.equal({
      leftOut: "helm is not on PATH",
    });
  });
});
