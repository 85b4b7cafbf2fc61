import type { Role, Scope } from "../../domain/roles.ts";

/** Whose session this tab has. It lives as long as the tab: a desk that is closed is left. */

export type StaffApp = "desk" | "crew";

/** `GET /session` */
export interface Me {
  readonly name: string;
  /** What was typed at the login; null for a token of a screen or a program. */
  readonly login: string | null;
  readonly role: Role;
  readonly scope: Scope;
  readonly crewId: string | null;
  readonly deviceId: string | null;
  readonly expiresAt: number | null;
  /** The session ends without a sign of its person for so long; null: it does not. */
  readonly idleMinutes: number | null;
  readonly mustChangePassword: boolean;
  /** Names of permissions (access/policy.ts). */
  readonly may: readonly string[];
}

const tokenKey = (app: StaffApp): string => `kerbside.${app}.session`;
const meKey = (app: StaffApp): string => `kerbside.${app}.me`;

/** From the address's fragment, which no server ever sees and which is removed at once, or from earlier in this tab. */
export function findSession(app: StaffApp): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem(tokenKey(app), given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(tokenKey(app));
}

export function keepSession(app: StaffApp, token: string): void {
  sessionStorage.setItem(tokenKey(app), token);
}

export function forgetSession(app: StaffApp): void {
  sessionStorage.removeItem(tokenKey(app));
  sessionStorage.removeItem(meKey(app));
}

/** Without a connection the last answer counts: the server refuses what has changed since. */
export const rememberedMe = (app: StaffApp): Me | null => JSON.parse(sessionStorage.getItem(meKey(app)) ?? "null");

/** @returns null when the token is no good (any more). Rejects while the center cannot be reached. */
export async function whoAmI(app: StaffApp, token: string): Promise<Me | null> {
  const answer = await fetch("/api/v1/session", { headers: { authorization: `Bearer ${token}` } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`the center answered ${answer.status}`);
  const me = (await answer.json()) as Me;
  sessionStorage.setItem(meKey(app), JSON.stringify(me));
  return me;
}

const SIGN_EVERY_MS = 60_000;

/** Tells the center that somebody is there, once a minute at most, as long as keys or fingers move. */
export function watchPresence(token: string): () => void {
  let toldAt = performance.now();
  const sign = () => {
    if (performance.now() - toldAt < SIGN_EVERY_MS) return;
    toldAt = performance.now();
    void fetch("/api/v1/session", { method: "PUT", headers: { authorization: `Bearer ${token}` } }).catch(() => {});
  };
  const signs = ["keydown", "pointerdown", "wheel"] as const;
  for (const name of signs) addEventListener(name, sign, { passive: true });
  return () => {
    for (const name of signs) removeEventListener(name, sign);
  };
}
