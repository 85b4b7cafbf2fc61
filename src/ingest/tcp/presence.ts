import type { TcpPeer } from "./tcp-door.ts";

const said = (online: boolean): Uint8Array => new TextEncoder().encode(JSON.stringify({ online }));

/** Says for a device whose protocol has no birth and no will that its connection is there, or gone. */
export function presence(peer: TcpPeer, online: boolean, settled: () => void): void {
  const { login } = peer;
  if (login) peer.submit(`kerbside/v1/${login.kind}/${login.deviceId}/status`, said(online), settled);
}
