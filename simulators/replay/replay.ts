import { dialectTopics } from "../../devices/index.ts";
import { DAY, type Millis, SECOND } from "../../src/domain/time.ts";
import type { Options } from "../cli.ts";
import type { Target } from "../play.ts";
import { refusedBy } from "../play.ts";
import type { Outgoing } from "../player.ts";
import { type Registration, registerDevices } from "../register.ts";
import type { Rest } from "../rest.ts";
import { playLive, playLockstep } from "../run.ts";
import type { RaisedAlert } from "../scenario.ts";
import { type OwnCenter, startOwnCenter } from "../session.ts";
import { connectLogins, type Transport } from "../transport.ts";
import { readRecording } from "./files.ts";
import { checkZone } from "./time.ts";
import { mapRecording } from "./tracks.ts";

/** Registered as the gateway that brings recorded data in; it may speak for every device. */
const GATEWAY_ID = "gw-replay";
/** Recorded data comes in steps of this much event time, or from one record to the next where they lie further apart. */
const STEP_MS = 20 * SECOND;

const gateway: Registration = {
  id: GATEWAY_ID,
  kind: "gateway",
  name: "Replay of recorded data",
  aliases: [],
  attributes: { devices: "*", dialects: dialectTopics().join(",") },
};

/** What is played: messages in order of time, and the devices they need. */
export interface Tape {
  readonly messages: readonly Omit<Outgoing, "login">[];
  readonly devices: readonly Registration[];
  /** Rows or files that could not be played, and why. */
  readonly leftOut: ReadonlyMap<string, number>;
}

/**
 * Plays recorded data through the real MQTT door in event time.
 * @returns false when a message got no receipt
 * @throws Error that says what is wrong with the file or the mapping
 */
export async function replay(
  options: Options,
  target: Target | null,
  say: (line: string) => void,
  signal: AbortSignal,
) {
  const tape = await loadTape(options);
  for (const [reason, count] of tape.leftOut) say(`left out ${count}: ${reason}`);
  const first = tape.messages[0];
  const last = tape.messages.at(-1);
  if (!first || !last) throw new Error("there is nothing to play: no row has a time and a value. Check --map.");
  say(
    `${tape.messages.length} messages of ${tape.devices.length || "unregistered"} devices, ` +
      `${iso(first.at)} to ${iso(last.at)}`,
  );
  return target ? replayOnTarget(tape, target, options, say, signal) : replayOnOwn(tape, options, say, signal);
}

const iso = (at: Millis): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

async function loadTape(options: Options): Promise<Tape> {
  checkZone(options.zone);
  const recording = await readRecording(options.replay ?? "");
  if ("rows" in recording) {
    // Nothing may lie in the center's future, so the last record is due when the playing ends.
    const endAt = (spanMs: number): Millis => Math.round(Date.now() + spanMs / targetSpeed(options));
    return mapRecording(recording.rows, options, options.untilNow ? endAt : undefined);
  }
  let at = options.startAt ?? recording.messages.find((message) => message.at !== null)?.at ?? Date.now();
  const messages = recording.messages.map((message) => {
    at = message.at ?? at;
    return { at, topic: message.topic, payload: message.payload };
  });
  const leftOut = new Map(recording.leftOut.map((reason) => [reason, 1]));
  return { messages: messages.sort((a, b) => a.at - b.at), devices: [], leftOut };
}

/** Hands out the messages of a tape as their time comes. */
function tapePlayer(tape: Tape) {
  let next = 0;
  return {
    get nextAt() {
      const message = tape.messages[next];
      return message ? message.at : Number.POSITIVE_INFINITY;
    },
    due(until: Millis): Outgoing[] {
      const out: Outgoing[] = [];
      for (let message = tape.messages[next]; message && message.at <= until; message = tape.messages[++next]) {
        out.push({ ...message, login: GATEWAY_ID });
      }
      return out;
    },
  };
}

async function connectGateway(rest: Rest, url: string, devices: readonly Registration[]): Promise<Transport> {
  const logins = await registerDevices(rest, [...devices, gateway], new Set([GATEWAY_ID]));
  return connectLogins(url, logins);
}

async function replayOnOwn(tape: Tape, options: Options, say: (line: string) => void, signal: AbortSignal) {
  const startAt = Math.floor((tape.messages[0]?.at ?? 0) / SECOND) * SECOND;
  const endAt = (tape.messages.at(-1)?.at ?? startAt) + STEP_MS;
  // Raw recordings bring devices nobody has described, and times that have nothing to do with the moment they are played.
  const raw = tape.devices.length === 0;
  const own = await startOwnCenter(startAt, raw ? { AUTO_REGISTER: "true", DEVICE_PAST_DAYS: "36500" } : {});
  await using _center = own;
  await using transport = await connectGateway(own.rest, own.mqtt, tape.devices);
  const onProgress = (at: Millis): void => {
    say(`${iso(at)}  ${transport.counts.sent} sent  ${transport.counts.receipted} receipts  ${refusedBy(own)} refused`);
  };
  const player = tapePlayer(tape);
  await playLockstep(own, STEP_MS, { player, transport, startAt, endAt, onProgress, signal }, options.speed);
  await report(own, transport, startAt, say);
  return transport.counts.receipted === transport.counts.sent;
}

async function report(
  own: OwnCenter,
  transport: Transport,
  startAt: Millis,
  say: (line: string) => void,
): Promise<void> {
  const { pipeline, quarantined } = own.running.center.counters;
  const alerts = await own.rest.all<RaisedAlert>(`/alerts?from=${startAt - DAY}&limit=500`);
  const byRule = Map.groupBy(alerts, (alert) => alert.ruleId);
  say(`sent ${transport.counts.sent}, receipted ${transport.counts.receipted}`);
  say(
    `observations ${pipeline.observations}, duplicates ${pipeline.duplicates}, late ${pipeline.late}, ` +
      `out of order ${pipeline.outOfOrder}`,
  );
  say(`refused ${refusedBy(own)}${[...quarantined].map(([reason, count]) => `, ${reason} ${count}`).join("")}`);
  say(`alerts ${alerts.length}${[...byRule].map(([rule, list]) => `, ${rule} ${list.length}`).join("")}`);
}

const targetSpeed = (options: Options): number => options.speed ?? 60;

async function replayOnTarget(
  tape: Tape,
  target: Target,
  options: Options,
  say: (line: string) => void,
  signal: AbortSignal,
) {
  const transport =
    "rest" in target
      ? await connectGateway(target.rest, target.url, tape.devices)
      : await connectLogins(target.url, [target.gateway]);
  await using _transport = transport;
  const firstAt = tape.messages[0]?.at ?? 0;
  const endAt = tape.messages.at(-1)?.at ?? firstAt;
  if (!options.untilNow) say("event times stay as recorded; --until-now moves them so that they end now");
  const player = tapePlayer(tape);
  const login = "rest" in target ? GATEWAY_ID : target.gateway.username;
  const through: Transport = {
    ...transport,
    publish: (_login, topic, payload) => transport.publish(login, topic, payload),
  };
  const onProgress = (at: Millis): void =>
    say(`${iso(at)}  ${transport.counts.sent} sent  ${transport.counts.receipted} receipts`);
  await playLive({ player, transport: through, startAt: firstAt, endAt, onProgress, signal }, targetSpeed(options));
  say(`sent ${transport.counts.sent}, receipted ${transport.counts.receipted}`);
  return transport.counts.receipted === transport.counts.sent;
}
