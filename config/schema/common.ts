import { z } from "zod";

/** Whole number with bounds; the message lists what is allowed. */
export const whole = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

/** Text of a form. What the form is stands in the error and in the editor's hint alike. */
export const text = (pattern: RegExp, allowed: string) =>
  z.string().regex(pattern, allowed).meta({ patternErrorMessage: allowed });

/** A DNS name without a trailing dot, for example `market.example.com`. */
export const dnsName = text(
  /^(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
  "a lower-case DNS name such as market.example.com, 4 to 200 characters",
);

/** A label value that every cloud accepts. */
export const labelValue = text(
  /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "lower-case letters, digits and hyphens, 1 to 63 characters, starting with a letter",
);

export const cidr = text(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/, "an IPv4 range such as 10.20.0.0/16");

/** An image tag. `latest` says nothing about what runs. */
export const imageTag = text(
  /^(?!latest$)[a-zA-Z0-9][\w.+-]{0,127}$/,
  "an exact image tag such as 1.4.2, never latest",
);
