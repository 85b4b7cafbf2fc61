import { createHash, randomBytes } from "node:crypto";
import { ulid } from "ulid";
import type { Center, Tokens } from "../center/access.ts";
import { notFound } from "../domain/problem.ts";
import type { Token } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";

const SECRET_BYTES = 32;

/** A random 256-bit secret needs no slow hash; looking it up by its hash takes the same time for every guess. */
export function hashToken(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

export const newTokenSecret = (): string => `kt_${randomBytes(SECRET_BYTES).toString("base64url")}`;

/** @see Tokens. `committed` tells the listeners of revocations; the loop calls it after each commit. */
export function createTokens(restored: readonly Token[]): Tokens & { committed(): void } {
  const byHash = new Map<string, Token>();
  const byId = new Map<string, Token>();
  /** When a session's person was last seen doing something. */
  const touched = new Map<string, Millis>();
  const listeners: ((tokenId: string) => void)[] = [];
  let revoked: string[] = [];
  const remember = (token: Token) => {
    byHash.set(token.hash, token);
    byId.set(token.id, token);
  };
  for (const token of restored) remember(token);

  return {
    verify(secret, now) {
      const token = byHash.get(hashToken(secret));
      return token && this.isAlive(token, now) ? token : null;
    },
    isAlive({ id, expiresAt, session }, now) {
      if (expiresAt !== null && expiresAt <= now) return false;
      if (!session) return true;
      const since = touched.get(id);
      if (since === undefined) touched.set(id, now);
      return now - (since ?? now) < session.idleMs;
    },
    touch(tokenId, now) {
      if (touched.has(tokenId)) touched.set(tokenId, now);
    },
    all: () => byId.values(),
    get: (id) => byId.get(id),
    issue(input, now, changes) {
      const secret = newTokenSecret();
      const token: Token = { ...input, id: ulid(now), hash: hashToken(secret), createdAt: now };
      remember(token);
      changes.tokens.set(token.id, token);
      return { token, secret };
    },
    revoke(id, changes) {
      const token = byId.get(id);
      if (!token) throw notFound(`token ${id}`);
      byId.delete(id);
      byHash.delete(token.hash);
      touched.delete(id);
      changes.tokens.set(id, null);
      revoked.push(id);
    },
    adopt(token, changes) {
      const known = byId.get(token.id);
      if (known) byHash.delete(known.hash);
      remember(token);
      changes.tokens.set(token.id, token);
    },
    onRevoke(listener) {
      listeners.push(listener);
    },
    committed() {
      if (revoked.length === 0) return;
      const ids = revoked;
      revoked = [];
      for (const id of ids) for (const listener of listeners) listener(id);
    },
  };
}

const SETTING_TOKEN_ID = "administrator";

/**
 * Sees to it that an administrator can log in: with the token of the setting, or with one made now.
 * @returns the secret of a token made now, to be shown once; null when there is one already
 */
export async function ensureAdminToken(center: Center, setting: string | undefined): Promise<string | null> {
  const known = [...center.tokens.all()];
  if (setting !== undefined) {
    const hash = hashToken(setting);
    if (known.some((token) => token.id === SETTING_TOKEN_ID && token.hash === hash)) return null;
    await center.operate((now, changes) => {
      const name = "administrator (setting)";
      const token: Token = {
        id: SETTING_TOKEN_ID,
        name,
        role: "admin",
        scope: {},
        hash,
        createdAt: now,
        expiresAt: null,
      };
      center.tokens.adopt(token, changes);
    });
    return null;
  }
  if (known.some((token) => token.role === "admin" && token.expiresAt === null)) return null;
  const { secret } = await center.operate((now, changes) =>
    center.tokens.issue({ name: "administrator", role: "admin", scope: {}, expiresAt: null }, now, changes),
  );
  return secret;
}
