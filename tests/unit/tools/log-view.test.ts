/** One view of the logs of several programs, JSON lines and others. */
import { expect } from "chai";
import { logView } from "../../../services/dev/log-view.ts";

const line = (fields: object) => JSON.stringify({ service: "admin", version: "1", ...fields });

describe("the view of the logs", () => {
  const view = logView(["admin", "publishing"], false);

  it("shows time to the millisecond, program, level, message, then the rest", () => {
    const text = line({
      timestamp: "2026-11-28T15:34:09.5Z",
      level: "warn",
      message: "slow",
      duration_ms: 3,
      error: "late",
      tags: ["a"],
    });
    expect(view.line("admin", text)).to.equal(
      '15:34:09.500 admin      warn  slow duration_ms=3 error=late tags=["a"]',
    );
  });

  it("leaves what is no JSON as it is", () => {
    expect(view.line("publishing", "{ oh")).to.equal("publishing { oh");
    expect(view.line("admin", "panic: at the disco")).to.equal("admin      panic: at the disco");
  });

  it("does without a time where there is none", () => {
    expect(view.line("admin", line({ level: "info", message: "here" }))).to.equal(" admin      info  here");
  });

  it("has a colour for each program and for what is wrong, on a terminal", () => {
    const coloured = logView(["admin"], true).line("admin", line({ level: "error", message: "no" }));
    expect(coloured).to.equal(" \u001b[36madmin\u001b[0m \u001b[31merror\u001b[0m no");
  });
});
