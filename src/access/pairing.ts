import { createHash, randomBytes, randomInt } from "node:crypto";
import { Problem } from "../domain/problem.ts";
import type { Scope } from "../domain/roles.ts";
import type { Millis } from "../domain/time.ts";

/** Letters and digits that nobody mistakes for one another across a room. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const CODE_LETTERS = 6;
const SECRET_BYTES = 32;

/** What a manager allowed the screen that showed a code. */
export interface Grant {
  readonly name: string;
  readonly scope: Scope;
  readonly expiresAt: Millis | null;
  /** Who allowed it. */
  readonly by: string;
}

interface Waiting {
  readonly code: string;
  readonly secretHash: string;
  readonly expiresAt: Millis;
  grant: Grant | null;
}

export interface PairingLimits {
  readonly lifeMs: Millis;
  /** Screens that may wait at once. */
  readonly waiting: number;
}

export type Pairing = ReturnType<typeof createPairing>;

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** `k7m 4qx`, `K7M-4QX` → `K7M4QX` */
const normal = (code: string): string => code.toUpperCase().replace(/[^A-Z0-9]/g, "");

function newCode(): string {
  return Array.from({ length: CODE_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

/**
 * How a screen without a keyboard comes to its token: it shows a short code, somebody who may confirms the code with a name
 * and a scope, and the screen collects its token once, with a secret that only it knows. The code by itself opens nothing.
 * Kept in memory: after a restart the screen simply shows a new code.
 */
export function createPairing({ lifeMs, waiting: most }: PairingLimits) {
  const byCode = new Map<string, Waiting>();

  const forgetExpired = (now: Millis): void => {
    // All live equally long, so the oldest stand first.
    for (const { code, expiresAt } of byCode.values()) {
      if (expiresAt > now) break;
      byCode.delete(code);
    }
  };

  return {
    /**
     * A screen asks to be paired.
     * @throws Problem 429 when too many wait already
     */
    open(now: Millis): { code: string; secret: string; expiresAt: Millis } {
      forgetExpired(now);
      if (byCode.size >= most) {
        throw new Problem(
          429,
          "tooMany",
          `${most} screens are waiting to be paired already; try again in a few minutes`,
        );
      }
      let code = newCode();
      while (byCode.has(code)) code = newCode();
      const secret = randomBytes(SECRET_BYTES).toString("base64url");
      const expiresAt = now + lifeMs;
      byCode.set(code, { code, secretHash: hashOf(secret), expiresAt, grant: null });
      return { code, secret, expiresAt };
    },

    /**
     * Somebody vouches for the screen that shows a code. A code is good for one confirmation.
     * @throws Problem 404 when no screen waits with this code
     */
    confirm(code: string, grant: Grant, now: Millis): void {
      forgetExpired(now);
      const waiting = byCode.get(normal(code));
      if (!waiting || waiting.grant) {
        throw new Problem(404, "notFound", "no screen waits with this code: read it again, it changes when it expires");
      }
      waiting.grant = grant;
    },

    /**
     * The screen asks whether it is allowed yet; the grant is handed out once.
     * @throws Problem 404 when nobody waits with this secret (any more)
     */
    collect(secret: string, now: Millis): Grant | null {
      forgetExpired(now);
      const hash = hashOf(secret);
      for (const { code, secretHash, grant } of byCode.values()) {
        if (secretHash !== hash) continue;
        if (grant) byCode.delete(code);
        return grant;
      }
      throw new Problem(404, "notFound", "this pairing has expired or was collected: ask for a new code");
    },
  };
}
