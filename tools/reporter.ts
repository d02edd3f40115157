/** Mocha's own `spec` output, and the numbers as JSON in the file that MOCHA_REPORT names. */
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const failures: { title: string; message: string }[] = [];
    runner.on("fail", (test, error) => {
      failures.push({ title: test.fullTitle(), message: String(error?.message ?? error) });
    });
    runner.once("end", () => {
      const file = process.env.MOCHA_REPORT;
      if (file === undefined) return;
      const report: TestReport = {
        passed: this.stats.passes,
        failed: this.stats.failures,
        skipped: this.stats.pending,
        failures,
      };
      writeFileSync(file, JSON.stringify(report));
    });
  }
}
