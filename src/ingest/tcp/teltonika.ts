import { acknowledgement, decodePacket, TeltonikaSplitter } from "../../../devices/teltonika/codec8.ts";
import type { Device } from "../../domain/device.ts";
import type { Networks } from "../networks.ts";
import { presence } from "./presence.ts";
import type { TcpPeer, TcpProtocol } from "./tcp-door.ts";

interface Parts {
  readonly resolve: (alias: string) => Device | undefined;
  readonly networks: Networks;
  readonly unknown: (alias: string, address: string) => void;
  readonly messageBytes: number;
}

const ACCEPTED = Uint8Array.of(1);
const REFUSED = Uint8Array.of(0);

/**
 * Teltonika's Codec 8 and 8 Extended over TCP. The IMEI is the whole login, so only the networks that were listed may come, and
 * only registered devices. A packet is acknowledged with its number of records once they are on disk; a packet that cannot be
 * read is acknowledged with none, and the device sends it again.
 */
export function teltonikaProtocol({ resolve, networks, unknown, messageBytes }: Parts) {
  return (peer: TcpPeer): TcpProtocol => {
    const splitter = new TeltonikaSplitter(messageBytes);
    let imei = "";

    const greet = (given: string): void => {
      imei = given;
      const alias = `imei:${given}`;
      const device = resolve(alias);
      const refuse = (cause: string) => {
        peer.send(REFUSED);
        peer.refuse(cause);
      };
      if (!networks(peer.address)) return void refuse("a network that is not in TELTONIKA_NETWORKS");
      if (!peer.mayTry(device?.id ?? alias)) return void refuse("login banned");
      if (!device) {
        peer.failed(alias);
        unknown(alias, peer.address);
        return void refuse("unknown tracker");
      }
      if (!peer.admit(device)) return void refuse("connects and leaves too often");
      presence(peer, true, () => peer.send(ACCEPTED));
    };

    const keep = (packet: Uint8Array): void => {
      const decoded = decodePacket(packet);
      // What cannot be read goes the same way, to the quarantine.
      const safe = "problem" in decoded ? 0 : decoded.packet.count;
      peer.submit(`teltonika/${imei}/packet`, Uint8Array.from(packet), () => peer.send(acknowledgement(safe)));
    };

    return {
      take(chunk) {
        const parts = splitter.push(chunk);
        for (const part of parts) {
          if (peer.ended) break;
          if ("imei" in part) greet(part.imei);
          else keep(part.packet);
        }
        return parts.length;
      },
      closed: () => presence(peer, false, () => {}),
    };
  };
}
