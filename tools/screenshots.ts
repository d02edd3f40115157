/**
 * Renews the pictures of the README that a browser makes: docs/images/report.png, the report of production. A
 * screenshot differs from machine to machine, so no test compares it; docs/images/architecture-production.svg is
 * renewed by `make goldens` and compared.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { planStack } from "../cli/plan/command.ts";
import { readProject } from "../cli/project.ts";
import { launchBrowser } from "../tests/support/browser.ts";

const root = resolve(import.meta.dirname, "..");
const images = join(root, "docs", "images");
/** Pages load pictures of this size without being noticed. */
const mostBytes = 400_000;

const out = mkdtempSync(join(tmpdir(), "marketplace-screenshots-"));
try {
  await planStack(readProject(root), "production", { out, json: false, quiet: true });
  const browser = await launchBrowser();
  const path = join(images, "report.png");
  mkdirSync(images, { recursive: true });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1500 }, colorScheme: "light" });
    await page.goto(pathToFileURL(join(out, "production", "report.html")).href);
    await page.screenshot({ path });
  } finally {
    await browser.close();
  }
  const { size } = statSync(path);
  if (size > mostBytes) throw new Error(`${path} has ${size} bytes, more than ${mostBytes}`);
  const svg = readFileSync(join(out, "production", "architecture.svg"), "utf8");
  const committed = readFileSync(join(images, "architecture-production.svg"), "utf8");
  if (svg !== committed) console.log("docs/images/architecture-production.svg is stale: run `make goldens`");
  console.log(`docs/images/report.png: ${Math.round(size / 1024)} KiB`);
} finally {
  rmSync(out, { recursive: true, force: true });
}
