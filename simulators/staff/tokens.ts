import { createRest, type Rest } from "../rest.ts";

/** Links and pages that are bookmarked work for a month. */
const TOKEN_LIFE_MS = 30 * 86_400_000;

/** @returns the secret, shown once */
export async function issueToken(rest: Rest, name: string, role: string, more: object = {}): Promise<string> {
  const expiresAt = Date.now() + TOKEN_LIFE_MS;
  return (await rest.send<{ token: string }>("POST", "/tokens", { name, role, expiresAt, ...more })).token;
}

/** REST as somebody of that role uses it. */
export async function restAs(rest: Rest, name: string, role: string, more: object = {}): Promise<Rest> {
  return createRest(rest.api, await issueToken(rest, name, role, more));
}
