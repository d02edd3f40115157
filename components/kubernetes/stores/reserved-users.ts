import { UserError } from "../../core/errors.ts";

/** Throws a `UserError` when a service's name is that of one of the store's own users. */
export function refuseReservedUsers(
  store: string,
  users: readonly string[],
  reserved: readonly string[],
): void {
  const problems = users
    .filter((user) => reserved.includes(user))
    .map((user) => ({
      path: `services › ${user} › ${store}`,
      got: `the name ${user}`,
      allowed: `any but ${reserved.join(", ")}: those are users of the store itself`,
      fix: "give the service another name",
    }));
  if (problems.length > 0) throw new UserError(problems);
}
