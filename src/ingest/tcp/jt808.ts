import { Jt808Assembler, type WholeMessage } from "../../../devices/jt808/assembler.ts";
import { decodeFrame, type Jt808Frame, Jt808FrameSplitter } from "../../../devices/jt808/frame.ts";
import { MESSAGE } from "../../../devices/jt808/location.ts";
import { jt808Alias } from "../../../devices/jt808/meaning.ts";
import {
  type AnswerResult,
  generalAnswer,
  type Registration,
  readAuthentication,
  readRegistration,
  registrationAnswer,
  resendRequest,
  wantsGeneralAnswer,
} from "../../../devices/jt808/session.ts";
import type { Device } from "../../domain/device.ts";
import type { Millis } from "../../domain/time.ts";
import { presence } from "./presence.ts";
import type { TcpPeer, TcpProtocol } from "./tcp-door.ts";

/** What the terminals' door asks of the center. */
export interface TerminalRegister {
  resolve(alias: string): Device | undefined;
  /** The code a terminal authenticates with: made of the device's secret, so a new secret ends the old code. */
  codesOf(device: Device): readonly string[];
  isSecret(device: Device, code: string): boolean;
  /**
   * Whether this terminal is the device's. The first terminal that registers is; from then on no other one, until somebody
   * takes the attribute `terminalId` away.
   */
  bind(device: Device, registration: Registration): Promise<boolean>;
  /** Somebody whom nobody has registered: kept where operators look. */
  unknown(alias: string, address: string): void;
}

interface Parts {
  readonly register: TerminalRegister;
  readonly messageBytes: number;
  readonly fragmentMs: Millis;
}

const DONE = 0;
const FAILED = 1;
const WRONG = 2;
const NOT_SUPPORTED = 3;
/** Results of a registration: `NO_VEHICLE` nobody knows the number, `OTHER_TERMINAL` another one is bound to it. */
const NO_VEHICLE = 2;
const OTHER_TERMINAL = 3;
const RESENDS_ASKED = 3;
/** What is kept and judged. Everything else is answered "not supported", so that a terminal stops sending it. */
const KEPT: ReadonlySet<number> = new Set([
  ...[MESSAGE.location, MESSAGE.locationBatch, MESSAGE.driverCard, MESSAGE.logOut],
]);

/** Whether two codes are the same, in time that does not tell where they differ. */
export type SameCode = (one: string, other: string) => boolean;

/**
 * JT/T 808 over TCP (2011, 2013, 2019), the platform's side. A message is answered with its own serial once its effect is on
 * disk; a message in fragments when the whole of it is, and then each of its frames.
 */
export function jt808Protocol({ register, messageBytes, fragmentMs }: Parts, sameCode: SameCode) {
  return (peer: TcpPeer): TcpProtocol => {
    const splitter = new Jt808FrameSplitter();
    const assembler = new Jt808Assembler(messageBytes);
    let ownSerial = 0;
    let phone: string | null = null;
    let resendTimer: NodeJS.Timeout | undefined;

    const answer = (to: Pick<Jt808Frame, "messageId" | "phone" | "serial" | "version">, result: AnswerResult) =>
      peer.send(generalAnswer(to, result, ownSerial++ & 0xffff));

    const onRegistration = (frame: Jt808Frame): void => {
      const reply = (result: AnswerResult, code = "") =>
        peer.send(registrationAnswer(frame, result, code, ownSerial++ & 0xffff));
      const alias = jt808Alias(frame.phone);
      const registration = readRegistration(frame);
      const device = register.resolve(alias);
      if (!peer.mayTry(device?.id ?? alias)) return void peer.refuse("login banned");
      if (!device || !registration) {
        peer.failed(alias);
        if (!device) register.unknown(alias, peer.address);
        reply(NO_VEHICLE);
        return void peer.refuse("unknown terminal");
      }
      register.bind(device, registration).then(
        (own) => {
          const [code] = register.codesOf(device);
          if (own && code !== undefined) return reply(DONE, code);
          peer.failed(device.id);
          reply(OTHER_TERMINAL);
          peer.refuse("another terminal than the one bound to the vehicle");
        },
        () => peer.refuse("registration failed"),
      );
    };

    const onAuthentication = (frame: Jt808Frame): void => {
      const alias = jt808Alias(frame.phone);
      const device = register.resolve(alias);
      const { code } = readAuthentication(frame);
      if (!peer.mayTry(device?.id ?? alias)) return void peer.refuse("login banned");
      const right =
        device !== undefined &&
        (register.codesOf(device).some((known) => sameCode(known, code)) || register.isSecret(device, code));
      if (!device || !right) {
        peer.failed(device?.id ?? alias);
        if (!device) register.unknown(alias, peer.address);
        answer(frame, FAILED);
        return void peer.refuse("bad login");
      }
      if (!peer.admit(device)) return void peer.refuse("connects and leaves too often");
      phone = frame.phone;
      presence(peer, true, () => answer(frame, DONE));
    };

    const askAgain = (frame: Jt808Frame, asked: number): void => {
      clearTimeout(resendTimer);
      resendTimer = setTimeout(() => {
        const incomplete = assembler.incomplete;
        if (!incomplete || peer.ended) return;
        // Without the first fragment there is no serial to ask by: the terminal sends all of it again, for want of an answer.
        if (incomplete.firstSerial === null || asked >= RESENDS_ASKED) return assembler.drop();
        peer.send(resendRequest(frame, incomplete.firstSerial, incomplete.missing, ownSerial++ & 0xffff));
        askAgain(frame, asked + 1);
      }, fragmentMs);
      resendTimer.unref();
    };

    const keep = (message: WholeMessage, bytes: Uint8Array): void => {
      const fragments = message.serials.length > 1;
      const topic = fragments
        ? `jt808/${message.phone}/whole/${message.messageId}/${message.serial}`
        : `jt808/${message.phone}/frame`;
      peer.submit(topic, fragments ? message.body : bytes, () => {
        for (const serial of message.serials) answer({ ...message, serial }, DONE);
      });
    };

    const onFrame = (bytes: Uint8Array): void => {
      const decoded = decodeFrame(bytes);
      if ("problem" in decoded) return;
      const { frame } = decoded;
      if (!frame.checksumOk || frame.declaredLength !== frame.body.length) {
        // It may be the number that is wrong, so nobody is let in by it; a terminal that is in sends the message again.
        if (wantsGeneralAnswer(frame.messageId)) answer(frame, WRONG);
        return;
      }
      if (frame.messageId === MESSAGE.register) return void onRegistration(frame);
      if (frame.messageId === MESSAGE.authenticate) return void onAuthentication(frame);
      if (!wantsGeneralAnswer(frame.messageId)) return;
      if (phone === null) {
        answer(frame, FAILED);
        if (frame.messageId !== MESSAGE.heartbeat) peer.refuse("no login");
        return;
      }
      if (jt808Alias(frame.phone) !== jt808Alias(phone)) {
        answer(frame, FAILED);
        return void peer.refuse("speaks for another terminal");
      }
      if (frame.messageId === MESSAGE.heartbeat) return void answer(frame, DONE);
      if (frame.encrypted || !KEPT.has(frame.messageId)) return void answer(frame, NOT_SUPPORTED);
      const message = assembler.add(frame);
      if (message) keep(message, bytes);
      else askAgain(frame, 0);
    };

    return {
      take(chunk) {
        const frames = splitter.push(chunk);
        for (const frame of frames) if (!peer.ended) onFrame(frame);
        return frames.length;
      },
      closed() {
        clearTimeout(resendTimer);
        presence(peer, false, () => {});
      },
    };
  };
}
