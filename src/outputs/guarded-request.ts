import { lookup } from "node:dns/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** Hosts and networks that a setting lists: names, addresses, or networks as `10.2.0.0/16`. */
export interface ListedHosts {
  allows(host: string, address: string): boolean;
}

export interface GuardLimits {
  readonly timeoutMs: number;
  /** Of an answer, so many bytes are read; the rest is of no interest. */
  readonly answerBytes: number;
}

export interface GuardedRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly body: Buffer;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | null;
}

/** The address may not be reached: it lies inside, or nothing is known of it. */
export class Unreachable extends Error {}

interface Address {
  readonly address: string;
  readonly family: number;
}
/** Which addresses of a host may be reached. @throws Unreachable */
export type Reach = (host: string) => Promise<Address[]>;

/** @throws Error that names an entry which is neither a host nor a network */
export function parseHosts(setting: string): ListedHosts {
  const names = new Set<string>();
  const networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of setting.split(",").map((part) => part.trim().toLowerCase())) {
    if (entry === "") continue;
    if (entry.includes("/")) networks.push(ipaddr.parseCIDR(entry));
    else names.add(entry.replace(/^\[|\]$/g, ""));
  }
  return {
    allows(host, address) {
      if (names.has(host.toLowerCase()) || names.has(address)) return true;
      const parsed = ipaddr.process(address);
      return networks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
    },
  };
}

/** Public addresses, and inside ones that a setting lists. A name that also stands for an address inside is refused as a whole. */
export const reachOutside = (inside: ListedHosts): Reach =>
  reachWhere((host, address) => {
    // `process` turns an IPv4 address that is written as IPv6 back into what it is.
    if (ipaddr.process(address).range() === "unicast" || inside.allows(host, address)) return null;
    return `${host} is the inside address ${address}; list the host in OUTPUT_INSIDE_HOSTS if that is meant`;
  });

/** What a setting lists and nothing else: for addresses that devices name. */
export const reachListed = (listed: ListedHosts, setting: string): Reach =>
  reachWhere((host, address) => (listed.allows(host, address) ? null : `${host} is not listed in ${setting}`));

const reachWhere =
  (objection: (host: string, address: string) => string | null): Reach =>
  async (host) => {
    const bare = host.replace(/^\[|\]$/g, "");
    const family = isIP(bare);
    const found = family
      ? [{ address: bare, family }]
      : await lookup(bare, { all: true, verbatim: true }).catch((error: NodeJS.ErrnoException) => {
          throw new Unreachable(`the name ${bare} cannot be resolved (${error.code})`);
        });
    for (const { address } of found) {
      const why = objection(bare, address);
      if (why !== null) throw new Unreachable(why);
    }
    return found;
  };

/**
 * One request to a host that somebody configured. The name is resolved once, every address is checked, and the connection goes
 * to an address that was checked. A redirect is an answer like any other: it is not followed.
 */
export async function guardedRequest(
  { method, url, headers, body, signal }: GuardedRequest,
  reach: Reach,
  limits: GuardLimits,
): Promise<GuardedAnswer> {
  const { protocol, hostname } = new URL(url);
  const addresses = await reach(hostname);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.timeoutMs)]);
  const send = protocol === "https:" ? requestHttps : requestHttp;
  const { promise, resolve, reject } = Promise.withResolvers<GuardedAnswer>();
  const request = send(url, {
    method,
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)), "user-agent": "Kerbside" },
    agent: false,
    signal: limited,
    // Whatever the resolver says by now: the connection goes where the check has looked.
    lookup: (_host, { all }, done) => {
      const [first] = addresses;
      if (all) done(null, addresses);
      else done(null, first?.address ?? "", first?.family ?? 4);
    },
  });
  request.on("response", (answer) => readAnswer(answer, limits.answerBytes).then(resolve, reject));
  request.on("error", (error: NodeJS.ErrnoException) => {
    const late = limited.aborted && !signal.aborted;
    reject(late ? new Error(`no answer within ${limits.timeoutMs} ms`) : error);
  });
  request.end(body);
  return promise;
}

async function readAnswer(answer: IncomingMessage, most: number): Promise<GuardedAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes >= most) {
      answer.destroy();
      break;
    }
  }
  const wait = answer.headers["retry-after"];
  const retryAfterMs = wait !== undefined && /^\d+$/.test(wait) ? Number(wait) * 1_000 : null;
  return {
    status: answer.statusCode ?? 0,
    body: Buffer.concat(chunks).subarray(0, most),
    retryAfterMs,
  };
}
