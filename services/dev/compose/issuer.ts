/** The issuer of tokens as a container: `ISSUER_URL` is how the services reach it. */
import { startIssuer } from "../engines/issuer.ts";

const url = new URL(process.env.ISSUER_URL ?? "http://issuer:8080");
await startIssuer({ host: "0.0.0.0", port: Number(url.port), url: url.origin });
console.log(JSON.stringify({ level: "info", message: `issuing tokens as ${url.origin}` }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
