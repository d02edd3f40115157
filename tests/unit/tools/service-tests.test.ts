/** Covers how the sums of four languages' test runners are read: a miscount would hide a failure. */
import { expect } from "chai";
import { counts } from "../../../tools/service-tests.ts";

describe("the sums of the services' test runners", () => {
  it("are read from node's runner, with and without colours of a terminal", () => {
    expect(counts("ℹ tests 5\nℹ pass 4\nℹ fail 1\n")).to.deep.equal({ passed: 4, failed: 1 });
    expect(counts("# pass 4\n# fail 0\n")).to.deep.equal({ passed: 4, failed: 0 });
  });

  it("are read from Go's, a package each, without packages that have no tests", () => {
    const output =
      "ok  \tdiscovery/internal/search\t0.01s\n?   \tdiscovery/cmd\t[no test files]\nFAIL\tdiscovery/internal/cache\t0.2s\nok  \tdiscovery/internal/config\t(cached)\n";
    expect(counts(output)).to.deep.equal({ passed: 2, failed: 1 });
  });

  it("are read from Cargo's, over all its programs", () => {
    const output =
      "test result: ok. 62 passed; 0 failed; 0 ignored; 0 measured\ntest result: FAILED. 5 passed; 2 failed; 1 ignored\n";
    expect(counts(output)).to.deep.equal({ passed: 67, failed: 2 });
  });

  it("are read from pytest's, quiet or not", () => {
    expect(counts("97 passed in 9.56s\n")).to.deep.equal({ passed: 97, failed: 0 });
    expect(counts("==== 96 passed in 3.21s ====\n")).to.deep.equal({ passed: 96, failed: 0 });
    expect(counts("=== 1 failed, 95 passed, 2 warnings in 3s ===\n")).to.deep.equal({
      passed: 95,
      failed: 1,
    });
  });
});
