import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { Problem } from "../domain/problem.ts";

/** OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Longer ones are refused: hashing is no place to send megabytes to. */
export const PASSWORD_MAX = 256;

export interface Passwords {
  /** A new salted hash, written as everybody writes argon2: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
  hash(password: string): Promise<string>;
  /** Constant time. `null` costs as much as a real hash and is never right: an unknown account cannot be told by the clock. */
  verify(password: string, hash: string | null): Promise<boolean>;
  /** Made with other parameters than today's: hash it anew at the next login. */
  isDated(hash: string): boolean;
}

/** Hashes on the thread pool, a few at a time: a flood of logins must not take the memory or the processors. */
export function createPasswords(limits: { readonly atOnce: number; readonly waiting: number }): Passwords {
  let running = 0;
  const queue: (() => void)[] = [];

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= limits.atOnce) {
      if (queue.length >= limits.waiting) {
        throw new Problem(503, "busy", "too many people are logging in right now; try again in a few seconds");
      }
      await new Promise<void>((go) => queue.push(go));
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  };

  const derive = (password: string, parameters: Omit<Argon2Parameters, "message">): Promise<Buffer> =>
    inTurn(
      () =>
        new Promise((resolve, reject) =>
          // The same password typed on two keyboards is the same password (NIST SP 800-63B, 3.1.1.2).
          argon2("argon2id", { ...parameters, message: password.normalize("NFKC") }, (error, tag) =>
            error ? reject(error) : resolve(tag),
          ),
        ),
    );

  const today = `m=${MEMORY_KIB},t=${PASSES},p=${LANES}`;
  const NOBODY = `$argon2id$v=19$${today}$${"A".repeat(22)}$${"A".repeat(43)}`;

  return {
    async hash(password) {
      const nonce = randomBytes(SALT_BYTES);
      const cost = { memory: MEMORY_KIB, passes: PASSES, parallelism: LANES, tagLength: TAG_BYTES };
      const tag = await derive(password, { ...cost, nonce });
      return `$argon2id$v=19$${today}$${unpadded(nonce)}$${unpadded(tag)}`;
    },

    async verify(password, hash) {
      const [, , , cost = "", salt = "", known = ""] = (hash ?? NOBODY).split("$");
      const [memory = 0, passes = 0, parallelism = 0] = cost.split(",").map((part) => Number(part.slice(2)));
      const tag = Buffer.from(known, "base64");
      const nonce = Buffer.from(salt, "base64");
      const given = await derive(password, { nonce, memory, passes, parallelism, tagLength: tag.length });
      return timingSafeEqual(given, tag) && hash !== null;
    },

    isDated: (hash) => !hash.includes(`$${today}$`),
  };
}

const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
