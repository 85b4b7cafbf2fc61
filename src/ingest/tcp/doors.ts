import type { Logger } from "pino";
import { derivedSecret, sameText } from "../../access/device-secrets.ts";
import type { Center } from "../../center/access.ts";
import type { Config } from "../../config.ts";
import { SECOND } from "../../domain/time.ts";
import type { Inbox } from "../inbox.ts";
import { connectionLimitsOf } from "../limits.ts";
import { parseNetworks } from "../networks.ts";
import { jt808Protocol, type TerminalRegister } from "./jt808.ts";
import {
  createTcpDoor,
  type TcpCounters,
  type TcpDoor,
  type TcpLimits,
  type TcpPeer,
  type TcpProtocol,
} from "./tcp-door.ts";
import { teltonikaProtocol } from "./teltonika.ts";

export interface TcpDoors {
  /** `tcp://host:port`, or null while the door is closed. */
  readonly jt808: string | null;
  readonly teltonika: string | null;
  readonly counters: ReadonlyMap<string, TcpCounters>;
  close(): Promise<void>;
}

interface Parts {
  readonly config: Config;
  readonly center: Pick<Center, "clock" | "registry" | "operate"> & { readonly inbox: Inbox };
  readonly logger: Logger;
  readonly pepper: Uint8Array;
}

/** Letters of a terminal's code: 96 bits, and short enough for terminals that keep little. */
const CODE_LETTERS = 16;

/** Opens the TCP doors whose ports are set. */
export async function openTcpDoors({ config, center, logger, pepper }: Parts): Promise<TcpDoors> {
  const { registry, inbox, clock } = center;
  const limits = tcpLimitsOf(config);
  const doors = new Map<string, TcpDoor>();

  const open = async (name: string, port: number | undefined, speak: (peer: TcpPeer) => TcpProtocol) => {
    if (port === undefined) return null;
    const door = createTcpDoor({ name, limits, clock, registry, inbox, logger, speak });
    doors.set(name, door);
    const host = config.TCP_HOST.includes(":") ? `[${config.TCP_HOST}]` : config.TCP_HOST;
    return `tcp://${host}:${await door.listen(config.TCP_HOST, port)}`;
  };
  const unknown = (alias: string, address: string): void => {
    const detail = `${alias} at ${address} wants in; register its device with this alias`;
    const refusal = { reason: "unknownDevice", detail };
    inbox.submit(
      { topic: "", payload: new Uint8Array(0), receivedAt: clock.now(), principal: null, refusal },
      () => {},
    );
  };

  const register: TerminalRegister = {
    resolve: (alias) => registry.resolve(alias),
    codesOf: ({ secretHashes }) =>
      secretHashes.map((hash) => derivedSecret(hash, "jt808", pepper).toString("base64url").slice(0, CODE_LETTERS)),
    isSecret: ({ id }, code) => registry.verify(id, code),
    bind: (device, { terminalId, plate }) =>
      center.operate((now, changes) => {
        const known = registry.get(device.id);
        if (!known) return false;
        const bound = known.attributes.terminalId;
        if (bound !== undefined) return String(bound) === terminalId;
        const attributes = { ...known.attributes, terminalId, ...(plate && !known.attributes.plate && { plate }) };
        registry.put({ id: known.id, kind: known.kind, attributes }, now, changes);
        const details = { terminalId };
        changes.audit.push({ at: now, actor: `device:${known.id}`, action: "device.bind", target: known.id, details });
        return true;
      }),
    unknown,
  };
  const jt808 = jt808Protocol(
    { register, messageBytes: config.TCP_MESSAGE_BYTES, fragmentMs: config.JT808_FRAGMENT_SECONDS * SECOND },
    sameText,
  );
  const teltonika = teltonikaProtocol({
    resolve: (alias) => registry.resolve(alias),
    networks: parseNetworks(config.TELTONIKA_NETWORKS) ?? (() => false),
    unknown,
    messageBytes: config.TCP_MESSAGE_BYTES,
  });

  return {
    jt808: await open("jt808", config.JT808_PORT, jt808),
    teltonika: await open("teltonika", config.TELTONIKA_PORT, teltonika),
    counters: new Map(Array.from(doors, ([name, { counters }]) => [name, counters])),
    async close() {
      await Promise.all(Array.from(doors.values(), (door) => door.close()));
    },
  };
}

/** The bounds of the MQTT door hold here too; a raw protocol's own are beside them. */
function tcpLimitsOf(config: Config): TcpLimits {
  return {
    connections: connectionLimitsOf(config),
    loginMs: config.TCP_LOGIN_SECONDS * SECOND,
    bytesBeforeLogin: config.TCP_BYTES_BEFORE_LOGIN,
    idleMs: config.TCP_IDLE_SECONDS * SECOND,
    messagesPerSecond: config.MQTT_MESSAGES_PER_SECOND,
    messagesBurst: config.MQTT_MESSAGES_BURST,
    bytesPerSecond: config.MQTT_BYTES_PER_SECOND,
    bytesBurst: config.MQTT_BYTES_BURST,
    overRateMs: config.MQTT_OVER_RATE_SECONDS * SECOND,
    inflight: config.MQTT_INFLIGHT,
    outboundBytes: config.MQTT_OUTBOUND_BYTES,
    logsPerSecond: config.CLIENT_ERROR_LOGS_PER_SECOND,
  };
}
